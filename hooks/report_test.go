package hooks

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gelombang/notify"
)

// Whatever a stranger's server writes, it means one thing, and a failure has a reason.
func FuzzReport(f *testing.F) {
	names, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(names) == 0 {
		f.Fatal(len(names), err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte("Content-Type: multipart/report; boundary=\"\"\r\n\r\n--\r\n"))
	f.Add([]byte("Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--b--\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := readReport(raw)
		if err != nil && b != (notify.Bounce{}) || b.Failed != slices.Contains(notify.Reasons, b.Reason) || b.Returned != (notify.Returned{}) {
			t.Fatalf("%+v %v", b, err)
		}
	})
}
