package loopback_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"testing"

	"gelombang/sim/loopback"
)

func TestAStreamTellsWhatArrivesFromNowOnAndOnlyWhatIsToBeTold(t *testing.T) {
	t.Parallel()
	var feed loopback.Feed[int]
	feed.Publish(1) // nobody listens
	server := httptest.NewServer(feed.Stream(func(n int) (any, bool) { return n, n%2 == 0 }))
	defer server.Close()
	resp, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for n := range 7 { // the headers were flushed, so the listener is there
		feed.Publish(n)
	}
	lines := bufio.NewScanner(resp.Body)
	for _, want := range []string{"0", "2", "4", "6"} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("%q, want %q", lines.Text(), want)
		}
	}
}
