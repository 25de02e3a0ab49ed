// Command generate writes the table of region codes from every published
// edition of the npm package idn-area-data, which begins after four provinces were
// cut out of Papua in 2022, and from the list of 2020 inside the npm package
// nik-parser, which still has the 20 regencies and 425 districts of before: people
// who were registered there carry those codes for life. Run it with go generate when
// a new edition appears; it needs npm and takes under a minute.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

const (
	source = "idn-area-data"
	older  = "nik-parser@1.0.1"

	// maxEditions bounds what one run asks of the registry: each edition is a few
	// megabytes, fetched one after the other.
	maxEditions = 24
)

// files are the lists that the table is made of, and olderFile all of them in one;
// villages are not part of any number.
var files = []string{"provinces.csv", "regencies.csv", "districts.csv"}

const olderFile = "wilayah.json"

func main() {
	out := flag.String("out", "codes.tsv", "file to write")
	flag.Parse()
	if err := run(*out); err != nil {
		log.Fatal(err)
	}
}

func run(out string) error {
	versions, err := editions()
	if err != nil {
		return fmt.Errorf("list editions: %w", err)
	}
	tmp, err := os.MkdirTemp("", "regions-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	var union table
	lists, err := fetch(tmp, older)
	if err != nil {
		return fmt.Errorf("%s: %w", older, err)
	}
	if err := union.addOlder(lists[olderFile]); err != nil {
		return fmt.Errorf("%s: %w", older, err)
	}
	for _, v := range versions {
		lists, err := fetch(tmp, source+"@"+v)
		if err != nil {
			return fmt.Errorf("edition %s: %w", v, err)
		}
		if err := union.add(lists); err != nil {
			return fmt.Errorf("edition %s: %w", v, err)
		}
	}
	return os.WriteFile(out, union.text(), 0o644)
}

// editions lists the published versions, oldest first: a later edition's
// spelling of a name replaces an earlier one's.
func editions() ([]string, error) {
	raw, err := npm("view", source, "versions", "--json")
	if err != nil {
		return nil, err
	}
	var versions []string
	if err := json.Unmarshal(raw, &versions); err != nil {
		return nil, err
	}
	if len(versions) == 0 || len(versions) > maxEditions {
		return nil, fmt.Errorf("%d editions, want 1 to %d", len(versions), maxEditions)
	}
	slices.SortFunc(versions, func(a, b string) int { return semver.Compare("v"+a, "v"+b) })
	return versions, nil
}

func fetch(dir, edition string) (map[string][]byte, error) {
	name, err := npm("pack", "--silent", "--pack-destination", dir, edition)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(dir, filepath.Base(strings.TrimSpace(string(name)))))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return unpack(f)
}

func npm(args ...string) ([]byte, error) {
	var failed bytes.Buffer
	cmd := exec.Command("npm", args...)
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("npm %s: %w: %s", args[0], err, failed.Bytes())
	}
	return out, nil
}
