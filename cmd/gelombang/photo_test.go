package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/opentype"

	"gelombang/photo/ktp"
	simktp "gelombang/sim/ktp"
)

func TestPhotoCheckWritesOneObjectALine(t *testing.T) {
	t.Parallel()
	p := simktp.SampleAt(40_427, simktp.Good, 1, 800)
	name := filepath.Join(t.TempDir(), "card.png") // a wrong extension decides nothing
	if err := os.WriteFile(name, p.JPEG, 0o600); err != nil {
		t.Fatal(err)
	}
	typed := "0" + p.NIK[1:]
	line, err := checkPhoto(context.Background(), name, ktp.Options{NIK: typed, ReadNIK: true})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (photoCheckCmd{JSON: true}).print(&out, line); err != nil {
		t.Fatal(err)
	}
	var got struct {
		File      string
		Verdict   string
		Refused   bool
		NIKRead   string `json:"nik_read"`
		NIKMatch  string `json:"nik_match"`
		DiffersAt []int  `json:"differs_at"`
		Scores    map[string]float64
		MS        *int64
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || bytes.Count(out.Bytes(), []byte("\n")) != 1 {
		t.Fatalf("%s: %v", &out, err)
	}
	if got.File != name || got.Verdict != "ok" || got.Refused || got.NIKRead != p.NIK || got.NIKMatch != "differs" ||
		len(got.DiffersAt) != 1 || got.DiffersAt[0] != 1 || got.Scores["card_width"] == 0 || got.MS == nil {
		t.Errorf("%s", &out)
	}
}

func TestPhotoCheckNamesTheCornersThatAreCutOff(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	line := photoLine{File: "card.jpg", Report: ktp.Report{Verdict: ktp.Cropped, Refused: true, Cut: []ktp.Corner{ktp.TopRight, ktp.BottomRight}}}
	if err := (photoCheckCmd{}).print(&out, line); err != nil || out.String() != "card.jpg: cropped [top_right bottom_right], refused; 0 ms\n" {
		t.Errorf("%q, %v", &out, err)
	}
	out.Reset()
	if err := (photoCheckCmd{JSON: true}).print(&out, line); err != nil || !bytes.Contains(out.Bytes(), []byte(`"cut":["top_right","bottom_right"]`)) {
		t.Errorf("%s, %v", &out, err)
	}
}

func TestPhotoCheckReadsAnotherPrintWithTheProgramThatIsNamed(t *testing.T) {
	t.Parallel()
	digits, err := opentype.Parse(gomonobold.TTF)
	if err != nil {
		t.Fatal(err)
	}
	p := simktp.Hard(40_427, 0, digits)
	name, program := filepath.Join(t.TempDir(), "card.jpg"), filepath.Join(t.TempDir(), "reader")
	script := "#!/bin/sh\ncat >/dev/null\nprintf 'level\\t\\n5\\t1\\t1\\t1\\t1\\t1\\t0\\t0\\t9\\t9\\t95\\t" + p.NIK + "\\n'\n"
	if err := errors.Join(os.WriteFile(name, p.JPEG, 0o600), os.WriteFile(program, []byte(script), 0o700)); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	for setting, match := range map[string]ktp.Match{program: ktp.Same, "off": ktp.Unreadable} {
		second, err := photoSettings{Tesseract: setting}.second()
		if err != nil {
			t.Fatal(err)
		}
		line, err := checkPhoto(t.Context(), name, ktp.Options{NIK: p.NIK, Second: second})
		if err != nil || line.NIKMatch != match || line.Second != (match == ktp.Same) {
			t.Errorf("%s: %s, %v", setting, line.NIKMatch, err)
		}
	}
	if _, err := (photoSettings{Tesseract: "/nowhere/reader"}).second(); err == nil {
		t.Error("a program that is not there was taken")
	}
}

func TestPhotoCheckSaysByItsExitCodeWhatBecameOfTheFiles(t *testing.T) {
	t.Parallel()
	words := filepath.Join(t.TempDir(), "words.jpg")
	if err := os.WriteFile(words, []byte("my card"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		files []string
		code  exitCode
	}{{[]string{words}, 1}, {[]string{words, words + ".not"}, 2}} {
		if err := (photoCheckCmd{JSON: true, Files: c.files}).Run(context.Background()); !errors.Is(err, c.code) {
			t.Errorf("%v: %v", c.files, err)
		}
	}
	if err := (photoCheckCmd{NIK: "123", Files: []string{words}}).Run(context.Background()); err == nil {
		t.Error("a number of three digits was taken")
	}
}
