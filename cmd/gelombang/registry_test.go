package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gelombang/audit"
	"gelombang/identity"
	"gelombang/internal/sqldb"
)

// somebodyParked makes an account whose identity waits to be matched by file. No channel
// of it is proven, so that nobody has to be told.
func somebodyParked(t *testing.T, h *house) (account int64) {
	t.Helper()
	err := h.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		account = tx.NewID()
		_, err := tx.Exec(`INSERT INTO account (id, state, lang, consent_version, consent_ms, created_ms, email_proven_ms, phone_proven_ms)
			VALUES ($1, 'active', 'id', '1', $2, $2, 0, 0)`, account, sqldb.Millis(tx.Now()))
		return err
	})
	if err == nil {
		err = h.identity.SetMode(t.Context(), identity.File, audit.System, "the office answers by file")
	}
	if err == nil {
		err = h.identity.Submit(t.Context(), account, identity.Form{
			Name: "Siti Rahayu", NIK: "3201014107900000", KK: "3201010101109001", BirthPlace: "Bogor",
			BirthDate: identity.Date{Year: 1990, Month: 7, Day: 1}, Sex: identity.Female, Regency: "3201",
			Education: choiceNames(h.programme.Choices.Education)[0], Employment: choiceNames(h.programme.Choices.Employment)[0], Warned: true,
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return account
}

func TestIdentitiesAreMatchedByASealedFileThereAndBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	data := dataSettings{Data: dir}
	h, err := openHouse(t.Context(), houseSettings{dataSettings: data, migrate: true, public: "http://localhost", world: nowhere})
	if err != nil {
		t.Fatal(err)
	}
	account := somebodyParked(t, h)
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	key := passphrase{PassphraseFile: in("secret")}
	if err := os.WriteFile(key.PassphraseFile, []byte("kunci yang disepakati\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	of := registryHouse{dataSettings: data, PublicURL: "http://localhost"}
	run := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	run(registryExportCmd{registryHouse: of, passphrase: key, Out: in("questions.sealed")}.Run(t.Context()))
	if whole, _ := os.ReadFile(in("questions.sealed")); strings.Contains(string(whole), "32010141") {
		t.Error("the file can be read without its passphrase")
	}
	run(registryOpenCmd{passphrase: key, File: in("questions.sealed"), Out: in("questions.csv")}.Run())
	run(os.WriteFile(in("answers.csv"), []byte(answering(t, in("questions.csv"))), 0o600))
	run(registrySealCmd{passphrase: key, File: in("answers.csv"), Out: in("answers.sealed")}.Run())
	for range 2 { // the second time is no harm
		run(registryImportCmd{registryHouse: of, passphrase: key, File: in("answers.sealed")}.Run(t.Context()))
	}
	if err := (registryExportCmd{registryHouse: of, passphrase: key, Out: in("questions.sealed")}).Run(t.Context()); err == nil {
		t.Error("a file was written over")
	}
	h, err = openHouse(t.Context(), houseSettings{dataSettings: data, public: "http://localhost", world: nowhere})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { run(h.close()) }()
	run(h.db.Read(t.Context(), func(rx *sqldb.Rx) error {
		f, err := h.identity.Facts(rx, account)
		if f.State != identity.Matched {
			t.Errorf("%s", f.State)
		}
		return err
	}))
}

// answering says yes to every question of a file.
func answering(t *testing.T, questions string) string {
	t.Helper()
	f, err := os.Open(questions)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil || len(lines) != 2 {
		t.Fatalf("%q, %v", lines, err)
	}
	return fmt.Sprintf("ref,nik,result,differs\n%s,%s,match,\n", lines[1][0], lines[1][1])
}
