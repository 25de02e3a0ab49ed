package console

import (
	"net/http"
	"time"

	"gelombang/audit"
	"gelombang/console/desk"
	"gelombang/internal/locale"
	"gelombang/internal/page"
	"gelombang/internal/sqldb"
	"gelombang/staff"
)

type signInPage struct {
	page.Summary
	Token, Next string
	Email       page.Field
	Password    page.Field
	Code        page.Code
}

func (c *Console) signInPage(email, next string) signInPage {
	return signInPage{
		Token: c.Token(), Next: ours(next),
		Email:    page.Field{Name: "email", Label: page.T("console.email"), Type: "email", Value: email, Autocomplete: "username", Required: true},
		Password: page.Field{Name: "password", Label: page.T("console.password"), Type: "password", Autocomplete: "current-password", Required: true},
		Code:     page.Code{Name: "code", Label: page.T("console.code"), Hint: page.T("console.code.hint")},
	}
}

func (c *Console) signInForm(w http.ResponseWriter, req *http.Request) {
	c.Show(w, req, "signin", c.signInPage("", req.URL.Query().Get("next")))
}

func (c *Console) signIn(w http.ResponseWriter, req *http.Request) {
	values, err := c.Form(w, req, page.FieldRule{Name: "email"}, page.FieldRule{Name: "password", Raw: true, Max: 128},
		page.FieldRule{Name: "code", Max: 20}, page.FieldRule{Name: "next", Max: 500})
	var signed staff.Signed
	if err == nil {
		signed, err = c.Staff.SignIn(req.Context(), staff.Attempt{Email: values.Get("email"), Password: values.Get("password"),
			Code: values.Get("code"), Mark: markOf(req)})
	}
	if err == nil {
		err = c.Sessions.SignIn(req.Context(), signed.ID)
	}
	if err != nil {
		v := c.signInPage(values.Get("email"), values.Get("next"))
		c.Mended(w, req, err, func(s page.Summary) {
			v.Summary = s
			c.Page.Render(w, req, http.StatusUnprocessableEntity, "signin", v)
		}, &v.Email, &v.Password, &v.Code)
		return
	}
	c.keepMark(w, signed.Mark)
	desk.To(w, req, ours(values.Get("next")))
}

const (
	markCookie = "console_mark"
	markAge    = 90 * 24 * time.Hour
)

// markOf gives what this browser kept of an earlier sign-in; see staff.Attempt.
func markOf(req *http.Request) string {
	cookie, err := req.Cookie(markCookie)
	if err != nil {
		return ""
	}
	return cookie.Value
}

func (c *Console) keepMark(w http.ResponseWriter, mark string) {
	http.SetCookie(w, &http.Cookie{Name: markCookie, Value: mark, Path: "/console", MaxAge: int(markAge.Seconds()),
		Secure: c.config.Secure, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

func (c *Console) signOutForm(w http.ResponseWriter, req *http.Request) {
	c.Show(w, req, "signout", struct{ Token string }{c.Token()})
}

func (c *Console) signOut(w http.ResponseWriter, req *http.Request) {
	if _, err := c.Form(w, req); err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	err := c.DB.Write(req.Context(), func(tx *sqldb.Tx) error {
		return audit.Write(tx, audit.Entry{Actor: desk.Actor(req), Action: "staff.sign_out", SubjectKind: "staff", SubjectID: desk.At(req).ID})
	})
	if err == nil {
		err = c.Sessions.SignOut(req.Context())
	}
	if err != nil {
		c.Page.Fail(w, req, err)
		return
	}
	desk.To(w, req, "/console/sign-in")
}

func roleText(r staff.Role) locale.Key { return locale.Key("console.role." + string(r)) }
