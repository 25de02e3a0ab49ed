package page_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/page"
)

type stampData struct {
	Number int64
	Name   string
	Fixed  string
}

// stamping renders the same page by the template and by a stamp.
func stamping(t *testing.T) (render, stamp func(zip bool, d stampData) (string, http.Header), runs *int) {
	t.Helper()
	r, _ := renderer(t, func(c *page.Config) {
		c.Templates = append(c.Templates, fstest.MapFS{"stamped.html": {Data: []byte(
			`{{define "title"}}{{.Fixed}}{{end}}{{define "main"}}<h1>{{.Fixed}}</h1><a href="/n/{{.Number}}">{{.Name}}</a><input value="{{.Number}}">{{end}}`)}})
	})
	runs = new(int)
	where := func(n int64) string { return "/n/" + strconv.FormatInt(n, 10) }
	answer := func(zip bool, d stampData, write func(w http.ResponseWriter, req *http.Request)) (string, http.Header) {
		req := get("/form")
		if zip {
			req.Header.Set("Accept-Encoding", "gzip")
		}
		rec := httptest.NewRecorder()
		rec.Header().Set("Content-Location", where(d.Number))
		write(rec, req)
		body := io.Reader(rec.Body)
		if zip {
			z, err := gzip.NewReader(rec.Body) // checks sum and size at the end
			if err != nil {
				t.Fatal(err)
			}
			body = z
		}
		b, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b), rec.Header()
	}
	render = func(zip bool, d stampData) (string, http.Header) {
		return answer(zip, d, func(w http.ResponseWriter, req *http.Request) { r.Render(w, req, http.StatusAccepted, "stamped", d) })
	}
	stamp = func(zip bool, d stampData) (string, http.Header) {
		return answer(zip, d, func(w http.ResponseWriter, req *http.Request) {
			r.Stamp(w, req, http.StatusAccepted, page.Stamp{Name: "stamped", Key: d.Fixed,
				Values: []string{strconv.FormatInt(d.Number, 10), d.Name},
				Where:  func(m page.Marks) string { return where(int64(m[0])) },
				Data: func(m page.Marks) any {
					*runs++
					return stampData{Number: int64(m[0]), Name: m[1].String(), Fixed: d.Fixed}
				}})
		})
	}
	return render, stamp, runs
}

func TestAStampIsThePageThatTheTemplateWouldHaveWritten(t *testing.T) {
	t.Parallel()
	render, stamp, runs := stamping(t)
	for _, d := range []stampData{{1, "Rani", "Satu"}, {987654321987654321, `<b>"O'Neil" & co</b>`, "Satu"}, {2, "", "Dua"}} {
		for _, zip := range []bool{false, true} {
			want, wantHead := render(zip, d)
			got, head := stamp(zip, d)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%+v, zip %t: %s", d, zip, diff)
			}
			wantHead.Del("Content-Length") // a compressed stamp is a little longer
			head.Del("Content-Length")
			if diff := cmp.Diff(wantHead, head); diff != "" {
				t.Errorf("%+v, zip %t: %s", d, zip, diff)
			}
		}
	}
	if *runs != 2 {
		t.Errorf("the template ran %d times for two pages", *runs)
	}
}
