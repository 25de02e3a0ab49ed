package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxList bounds one list: the districts, the longest, are under 300 KB.
const maxList = 4 << 20

// table collects the union of the editions: name by code, and what the edition
// added last still has.
type table struct {
	names   map[string]string
	current map[string]bool
}

func (t *table) add(lists map[string][]byte) error {
	if t.names == nil {
		t.names = map[string]string{}
	}
	t.current = map[string]bool{}
	for _, file := range files {
		if err := t.addList(lists[file]); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// addList reads "code, [parent,] name" rows under a header line.
func (t *table) addList(list []byte) error {
	rows, err := csv.NewReader(bytes.NewReader(list)).ReadAll()
	if err != nil {
		return err
	}
	if len(rows) < 2 {
		return fmt.Errorf("%d rows", len(rows))
	}
	for _, row := range rows[1:] {
		code := strings.ReplaceAll(row[0], ".", "")
		if !isCode(code) {
			return fmt.Errorf("code %q", row[0])
		}
		t.names[code] = readable(row[len(row)-1])
		t.current[code] = true
	}
	return nil
}

// addOlder reads a list of before the editions: names by code for each level, in
// capitals, "KAB." for a regency, and a postcode behind the name of a district. What
// it alone has is retired.
func (t *table) addOlder(list []byte) error {
	var levels map[string]map[string]string
	if err := json.Unmarshal(list, &levels); err != nil {
		return err
	}
	if len(levels) != len(files) {
		return fmt.Errorf("%d levels", len(levels))
	}
	t.names = map[string]string{}
	for _, names := range levels {
		for code, name := range names {
			if !isCode(code) {
				return fmt.Errorf("code %q", code)
			}
			name, _, _ = strings.Cut(name, " -- ")
			t.names[code] = readable(regencyMark.ReplaceAllString(strings.ReplaceAll(name, "`", "'"), "KABUPATEN "))
		}
	}
	return nil
}

// regencyMark has a stop, or has none by a slip of the list.
var regencyMark = regexp.MustCompile(`^KAB[. ]+`)

// text writes the table sorted by code.
func (t *table) text() []byte {
	var b bytes.Buffer
	for _, code := range slices.Sorted(maps.Keys(t.names)) {
		b.WriteString(code + "\t" + t.names[code])
		if !t.current[code] {
			b.WriteString("\tretired")
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func isCode(s string) bool {
	return (len(s) == 2 || len(s) == 4 || len(s) == 6) && strings.Trim(s, "0123456789") == ""
}

// readable tidies a name: single spaces, apostrophes where an edition has a
// double quote (Ra'as), and title case where it shouts.
func readable(name string) string {
	name = strings.Join(strings.Fields(strings.ReplaceAll(name, `"`, "'")), " ")
	if name != strings.ToUpper(name) {
		return name
	}
	words := strings.Fields(name)
	for i, w := range words {
		words[i] = titled(w)
	}
	return strings.Join(words, " ")
}

// titled turns SAWANG-SAWANG into Sawang-Sawang, KI'E into Ki'e, and leaves the
// Roman numerals that some districts are counted by.
func titled(word string) string {
	if strings.Trim(word, "IVX") == "" {
		return word
	}
	start := true
	return strings.Map(func(r rune) rune {
		upper := start
		start = !unicode.IsLetter(r) && r != '\''
		if upper {
			return unicode.ToUpper(r)
		}
		return unicode.ToLower(r)
	}, word)
}

// unpack reads the lists out of an npm tarball, in memory.
func unpack(r io.Reader) (map[string][]byte, error) {
	plain, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	lists := map[string][]byte{}
	for archive := tar.NewReader(plain); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return lists, nil
		}
		if err != nil {
			return nil, err
		}
		if base := path.Base(h.Name); !slices.Contains(files, base) && base != olderFile {
			continue
		}
		if lists[path.Base(h.Name)], err = io.ReadAll(io.LimitReader(archive, maxList)); err != nil {
			return nil, err
		}
	}
}
