// Command generate writes regions.tsv from the table of region codes: a line for each
// regency with its name, today's districts, and those that are retired. Simulators
// import nothing of ours, so they have a list of their own; run it with go generate
// when the table changes.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
)

func main() {
	in := flag.String("in", "../../identity/region/codes.tsv", "the table of codes")
	out := flag.String("out", "regions.tsv", "file to write")
	flag.Parse()
	table, err := os.ReadFile(*in)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(*out, compact(string(table)), 0o644); err != nil {
		log.Fatal(err)
	}
}

// compact writes "3174 TAB name TAB 01-10 TAB 11 13-14"; the table is sorted by code.
func compact(table string) []byte {
	var b bytes.Buffer
	var now, retired []int
	flush := func() {
		if b.Len() > 0 {
			fmt.Fprintf(&b, "\t%s\t%s\n", runs(now), runs(retired))
		}
		now, retired = nil, nil
	}
	for line := range strings.Lines(table) {
		code, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		name, mark, _ := strings.Cut(rest, "\t")
		switch last, _ := strconv.Atoi(code[len(code)-2:]); {
		case len(code) == 4:
			flush()
			b.WriteString(code + "\t" + name)
		case len(code) == 6 && mark == "retired":
			retired = append(retired, last)
		case len(code) == 6:
			now = append(now, last)
		}
	}
	flush()
	return b.Bytes()
}

// runs writes 1 2 3 7 as "01-03 07".
func runs(list []int) string {
	var words []string
	for i := 0; i < len(list); {
		end := i
		for end+1 < len(list) && list[end+1] == list[end]+1 {
			end++
		}
		word := fmt.Sprintf("%02d", list[i])
		if end > i {
			word += fmt.Sprintf("-%02d", list[end])
		}
		words = append(words, word)
		i = end + 1
	}
	return strings.Join(words, " ")
}
