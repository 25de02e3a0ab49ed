package page

import (
	"errors"
	"io"
	"mime"
	"net/http"

	"gelombang/internal/fault"
)

// heard is how many times the largest file is read and thrown away before the line is
// cut: a browser that is still sending does not hear why it was refused.
const heard = 4

// FormWithFile reads the body of a POST that carries one file beside its fields, which
// come first, as browsers send them in the order of the form. The file is at most so many
// bytes; a longer one is Invalid at its field, and nothing more of it is kept. An absent
// file is empty.
func FormWithFile(w http.ResponseWriter, req *http.Request, name string, most int64, rules ...FieldRule) (Values, []byte, error) {
	kind, _, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, nil, fault.New(fault.Invalid, "page.form.type", nil)
	}
	req.Body = http.MaxBytesReader(w, req.Body, heard*most+maxForm)
	parts, err := req.MultipartReader()
	if err != nil {
		return nil, nil, unread(err)
	}
	sent := map[string][]string{}
	var file []byte
	left := int64(maxForm)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, unread(err)
		}
		if part.FormName() == name {
			if file, err = io.ReadAll(io.LimitReader(part, most+1)); err != nil {
				return nil, nil, unread(err)
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return nil, nil, unread(err)
		}
		if left -= int64(len(value)); left < 0 {
			return nil, nil, fault.New(fault.Invalid, "page.form.too_big", nil)
		}
		sent[part.FormName()] = append(sent[part.FormName()], string(value))
	}
	values, err := check(sent, rules)
	if int64(len(file)) > most {
		return values, nil, fault.InvalidFields([]fault.Field{{Name: name, Key: "page.form.file_too_big", Args: fault.Args{"most": most >> 20}}})
	}
	return values, file, err
}
