package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"gelombang/photo/ktp"
	"gelombang/photo/ktp/tesseract"
)

type photoCmd struct {
	Check photoCheckCmd `cmd:"" help:"Look at photographs of identity cards as the server does."`
}

// photoSettings say who helps to read the numbers of cards.
type photoSettings struct {
	Tesseract string `default:"auto" env:"GELOMBANG_TESSERACT" placeholder:"auto|off|PATH" help:"The program that is asked to read the numbers which our own reader cannot. [${env}, ${default}: where it is installed]"`
}

func (s photoSettings) second() (ktp.Second, error) {
	second, err := tesseract.Find(s.Tesseract, time.Now)
	if err != nil {
		return nil, fmt.Errorf("--tesseract: %w (auto and off do without)", err)
	}
	return second, nil
}

type photoCheckCmd struct {
	photoSettings
	NIK   string   `name:"nik" placeholder:"N" help:"The number that should stand on the card: 16 digits."`
	JSON  bool     `name:"json" help:"One JSON object a line."`
	Files []string `arg:"" name:"file" help:"Photographs, JPEG or PNG."`
}

// Help is shown by gelombang photo check --help.
func (photoCheckCmd) Help() string {
	return `The server uses the very same code. Nothing is stored and nothing leaves this machine.

Exit code 0: every photo would be taken, with or without a warning. 1: one or more
would be refused. 2: a file could not be opened.

The number is read when it is printed in OCR-A, as on a KTP; in another print only where
tesseract is installed. A reading that differs from --nik is a reason to look, never a
proof: compare with your own eyes.
docs/algorithms/photo.md says how each rule works and on what it was measured.`
}

var sixteenDigits = regexp.MustCompile(`^[0-9]{16}$`)

// photoLine is what is printed of one file.
type photoLine struct {
	File string `json:"file"`
	ktp.Report
	MS int64 `json:"ms"`
}

// Run looks at one file after the other.
func (c photoCheckCmd) Run(ctx context.Context) error {
	nik := strings.NewReplacer(" ", "", ".", "", "-", "").Replace(c.NIK)
	if c.NIK != "" && !sixteenDigits.MatchString(nik) {
		return fmt.Errorf("--nik: 16 digits are needed")
	}
	second, err := c.second()
	if err != nil {
		return err
	}
	code := exitCode(0)
	for _, name := range c.Files {
		line, err := checkPhoto(ctx, name, ktp.Options{NIK: nik, ReadNIK: true, Second: second})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			_, _ = fmt.Fprintln(os.Stderr, "gelombang:", err)
			code = 2
			continue
		case line.Refused:
			code = max(code, 1)
		}
		if err := c.print(os.Stdout, line); err != nil {
			return err
		}
	}
	if code != 0 {
		return code
	}
	return nil
}

// checkPhoto reads no more of a file than would be taken.
func checkPhoto(ctx context.Context, name string, o ktp.Options) (photoLine, error) {
	f, err := os.Open(name)
	if err != nil {
		return photoLine{}, err
	}
	defer func() { _ = f.Close() }()
	file, err := io.ReadAll(io.LimitReader(f, int64(ktp.DefaultPolicy.MaxBytes)+1))
	if err != nil {
		return photoLine{}, err
	}
	began := time.Now()
	report, err := ktp.Check(ctx, file, o)
	return photoLine{name, report, time.Since(began).Milliseconds()}, err
}

func (c photoCheckCmd) print(w io.Writer, l photoLine) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(l)
	}
	verdict := string(l.Verdict)
	if l.Reason != "" {
		verdict += " (" + string(l.Reason) + ")"
	}
	if len(l.Cut) > 0 {
		verdict += fmt.Sprint(" ", l.Cut)
	}
	switch {
	case l.Refused:
		verdict += ", refused"
	case l.Verdict != ktp.OK:
		verdict += ", a warning only"
	}
	if l.NIKRead != "" {
		verdict += "; NIK " + l.NIKRead
		if c.NIK != "" {
			verdict += " " + string(l.NIKMatch)
		}
		if l.Second {
			verdict += " (tesseract)"
		}
	}
	if len(l.DiffersAt) > 0 {
		verdict += fmt.Sprintf(" at digit %s", strings.Trim(fmt.Sprint(l.DiffersAt), "[]"))
	}
	_, err := fmt.Fprintf(w, "%s: %s; %d ms\n", l.File, verdict, l.MS)
	return err
}
