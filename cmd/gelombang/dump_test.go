package main

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/photo"
	"gelombang/sim/ktp"
)

// kenanga is somebody whose every datum is found nowhere else: a word of hers in a dump is hers.
var kenanga = struct {
	mail, phone, nik, kk string
	card                 map[string]string
	clear                []string // what no dump may hold, however it is written
}{
	mail: "puspita.kenanga@example.com", phone: "6281234567855", nik: "3174016004910000", kk: "3174011203209977",
	card: map[string]string{"name": "Puspita Kenangawati", "nik": "3174016004910000", "kk": "3174011203209977", "birth_place": "Sumbawa Besar",
		"birth_day": "20", "birth_month": "4", "birth_year": "1991", "sex": "female", "regency": "3174",
		"education": "upper_secondary", "employment": "job_seeker"},
	clear: []string{"puspita", "kenanga", "81234567855", "3174016004910000", "317401 600491", "3174011203209977", "Sumbawa",
		"1991-04-20", "20-04-1991", "JFIF\x00", "\xff\xd8\xff\xe0\x00", "\xff\xd8\xff\xdb\x00"},
}

// wholeWay has her go from the first page to a place in the wave, with a photo of her card.
func wholeWay(t *testing.T, d *demo) {
	v := newVisitor(t, d.web.public, "id")
	prove(t, d, v, kenanga.mail, kenanga.phone)
	v.identify(kenanga.card)
	sendPhoto(t, v, ktp.Take(kenanga.nik, ktp.Good).JPEG)
	account := accountOf(t, d, kenanga.mail)
	eventually(t, "the photo is looked at", 60*time.Second, func() bool {
		var p photo.Photo
		err := d.house.db.Read(t.Context(), func(rx *sqldb.Rx) (err error) {
			p, err = d.house.photo.Current(rx, account)
			return err
		})
		return err == nil && p.State == photo.Accepted && p.ShowsNIK()
	})
	v.send(v.get("/statements"), "/statements", map[string]string{"citizen": "yes", "in_formal_education": "no", "excluded_office": "no"})
	if a := v.send(v.get("/join"), "/join", map[string]string{"true": "yes", "agree": "yes"}); !strings.HasPrefix(a.path, "/receipt/") {
		t.Fatalf("joining led to %s: %s", a.path, a.text("main"))
	}
}

// sendPhoto sends the plain form of the page of photos, as a browser without a script does.
func sendPhoto(t *testing.T, v *visitor, picture []byte) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, values := range v.filled(v.get("/photo"), "/photo", nil) {
		if name != "photo" {
			if err := form.WriteField(name, values[0]); err != nil {
				t.Fatal(err)
			}
		}
	}
	file, err := form.CreateFormFile("photo", "ktp.jpg")
	if err == nil {
		_, err = file.Write(picture)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, v.base+"/photo", &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	if a, err := v.do(req); err != nil || a.status != http.StatusOK || a.one(".summary") != nil {
		t.Fatalf("the photo was not taken (%d): %s, %v", a.status, a.text(".summary"), err)
	}
}

// shows says which of her data stand readably in a text, as they are or in hex.
func shows(where string, text []byte) (found []string) {
	text = lower(text)
	for _, word := range kenanga.clear {
		word := lower([]byte(word))
		if bytes.Contains(text, word) || bytes.Contains(text, []byte(hex.EncodeToString(word))) {
			found = append(found, fmt.Sprintf("%s shows %q", where, word))
		}
	}
	return found
}

// lower is for bytes that are mostly no text, which bytes.ToLower would change.
func lower(text []byte) []byte {
	out := bytes.Clone(text)
	for i, b := range out {
		if b >= 'A' && b <= 'Z' {
			out[i] = b + 'a' - 'A'
		}
	}
	return out
}

func TestADumpOfDatabaseObjectsAndLogShowsNobody(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]string{"sqlite": "", "postgres": sqldbtest.DSN(t, sqldb.Postgres)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := migrated(t)
			c := demoCmd{Listen: "127.0.0.1:0", dataSettings: dataSettings{Data: data, DB: dsn}}
			d, err := c.start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			wholeWay(t, d)
			if err := d.close(); err != nil {
				t.Fatal(err)
			}
			looked, objects := 0, 0
			err = filepath.WalkDir(data, func(path string, e fs.DirEntry, err error) error {
				switch {
				case err != nil:
					return err
				case e.IsDir() && e.Name() == "sim": // the outside world: her own phone and mailbox
					return filepath.SkipDir
				case e.IsDir():
					return nil
				}
				looked++
				if strings.Contains(path, "objects") {
					objects++
				}
				text, err := os.ReadFile(path)
				for _, found := range shows(path, text) {
					t.Error(found)
				}
				return err
			})
			if err != nil || looked < 2 || objects == 0 {
				t.Errorf("%d files, %d objects, %v", looked, objects, err)
			}
			if dsn != "" {
				dumped(t, dsn)
			}
		})
	}
}

// dumped looks through every row of every table.
func dumped(t *testing.T, dsn string) {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tables := column(t, db, `SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()`)
	rows := 0
	for _, table := range tables {
		for _, row := range column(t, db, `SELECT x::text FROM "`+table+`" x`) {
			rows++
			for _, found := range shows("table "+table, []byte(row)) {
				t.Error(found)
			}
		}
	}
	if len(tables) < 20 || rows < 30 {
		t.Errorf("only %d tables with %d rows", len(tables), rows)
	}
}

func column(t *testing.T, db *sql.DB, query string) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		out = append(out, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
