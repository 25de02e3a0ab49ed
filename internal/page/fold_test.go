package page_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"gelombang/internal/page"
)

// Words that are the same on every page are written into the template at start; what a
// context has to escape is not.
func TestWordsThatAreTheSameOnEveryPageAreEscapedWhereTheyStand(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t, func(c *page.Config) {
		c.Globals["plain"], c.Globals["markup"], c.Globals["quote"] = "Halo", "<b>&", `"x' onclick=`
		c.Templates = append(c.Templates, fstest.MapFS{"folded.html": {Data: []byte(`{{define "title"}}T{{end}}{{define "main"}}` +
			`<p title="{{global "plain"}}">{{global "plain"}}</p><i title="{{global "quote"}}">{{global "markup"}}</i>` +
			`{{if true}}{{global "plain"}}{{else}}{{global "markup"}}{{end}}{{range .}}{{global "plain"}}{{.}}{{end}}{{with .}}{{global "plain"}}{{end}}{{end}}`)}})
	})
	w := httptest.NewRecorder()
	r.Render(w, get("/folded"), http.StatusOK, "folded", []int{1, 2})
	for _, want := range []string{`<p title="Halo">Halo</p>`, `<i title="&#34;x&#39; onclick=">&lt;b&gt;&amp;</i>`, `HaloHalo1Halo2Halo`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in %s", want, w.Body)
		}
	}
}

// slowLine is somebody whose connection takes nothing until they are asked to.
type slowLine struct {
	*httptest.ResponseRecorder
	begun, let chan struct{}
}

func (s slowLine) Write(b []byte) (int, error) {
	s.begun <- struct{}{}
	<-s.let
	return s.ResponseRecorder.Write(b)
}

func TestSlowLinesHoldUpNobodyElsesPage(t *testing.T) {
	t.Parallel()
	r, _ := renderer(t)
	const slow = 64 // more than any machine here has cores
	begun, let, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	for range slow {
		go func() {
			r.Fail(slowLine{httptest.NewRecorder(), begun, let}, get("/lambat"), http.ErrAbortHandler)
			ended <- struct{}{}
		}()
	}
	for range slow {
		<-begun
	}
	w := httptest.NewRecorder()
	r.Fail(w, get("/cepat"), http.ErrAbortHandler)
	if w.Code != http.StatusInternalServerError || w.Body.Len() == 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	close(let)
	for range slow {
		<-ended
	}
}
