package sim

import (
	"embed"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"gelombang/sim/ktp"
	"gelombang/sim/loopback"
	"gelombang/sim/mailbox"
	"gelombang/sim/registry"
	"gelombang/sim/smsgw"
)

//go:embed front.html
var files embed.FS

// totpPeriod is what every authenticator app assumes.
const totpPeriod = 30

// Code is an account's code of this moment.
type Code struct {
	Label       string `json:"label"`
	Code        string `json:"code"`
	SecondsLeft int    `json:"seconds_left"`
}

// Grouped is the code as it is read aloud.
func (c Code) Grouped() string {
	if len(c.Code) != 6 {
		return c.Code
	}
	return c.Code[:3] + " " + c.Code[3:]
}

// magicGroup is one simulator's magic values on the front page.
type magicGroup struct {
	Name   string
	Values []loopback.Magic
}

func magicGroups() []magicGroup {
	return []magicGroup{
		{"Mail address", mailbox.Magic()},
		{"Phone number, last four digits", smsgw.Magic()},
		{"NIK, last four digits", registry.Magic()},
	}
}

func (w *World) handler() http.Handler {
	pages := loopback.ParsePages(files)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(rw http.ResponseWriter, r *http.Request) {
		codes := w.Codes()
		view := loopback.View{Title: "The outside world", Data: struct {
			Addresses Addresses
			Codes     []Code
			Cards     []ktp.Class
			Magic     []magicGroup
		}{w.behind(), codes, ktp.Classes, magicGroups()}}
		if len(codes) > 0 {
			view.Refresh = codes[0].SecondsLeft // just when the code changes
		}
		pages.Show(rw, r, "front", view)
	})
	mux.HandleFunc("GET /authenticator", func(rw http.ResponseWriter, _ *http.Request) {
		loopback.JSON(rw, http.StatusOK, w.Codes())
	})
	mux.HandleFunc("GET /ktp", specimen)
	return mux
}

var sixteen = regexp.MustCompile(`^[0-9]{16}$`)

// specimen photographs a card of somebody who does not exist, as well or as badly as asked.
func specimen(rw http.ResponseWriter, r *http.Request) {
	nik := strings.NewReplacer(" ", "", ".", "", "-", "").Replace(r.FormValue("nik"))
	class := ktp.Class(r.FormValue("photo"))
	if !sixteen.MatchString(nik) || !slices.Contains(ktp.Classes, class) {
		http.Error(rw, "A card needs a NIK of sixteen digits and a kind of photograph.", http.StatusBadRequest)
		return
	}
	photo := ktp.Take(nik, class)
	rw.Header().Set("Content-Type", "image/jpeg")
	rw.Header().Set("Content-Disposition", `attachment; filename="ktp-`+photo.Name+`"`)
	_, _ = rw.Write(photo.JPEG)
}

// Codes are the codes that the authenticator shows now. A secret that is no
// base32 shows no code.
func (w *World) Codes() []Code {
	w.mu.RLock()
	defer w.mu.RUnlock()
	now := w.now()
	left := totpPeriod - int(now.Unix()%totpPeriod)
	codes := make([]Code, len(w.authenticators))
	for i, account := range w.authenticators {
		code, err := totp.GenerateCode(account.Secret, now.Truncate(time.Second))
		if err != nil {
			code = "invalid secret"
		}
		codes[i] = Code{Label: account.Label, Code: code, SecondsLeft: left}
	}
	return codes
}
