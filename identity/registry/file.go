package registry

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The registry's office matches whole files too, as a second route. Both ways are CSV in
// UTF-8 with a heading, inside a sealed file: questions with the fields of a Query, and
// answers with one closed word each. What an answer cannot say without contradiction is
// no answer.
var (
	questionHead = []string{"ref", "nik", "kk", "name", "birth_place", "birth_date", "sex"}
	answerHead   = []string{"ref", "nik", "result", "differs"}
)

// fileResults are the words of an answer.
var fileResults = map[string]Outcome{
	"match": Matched, "mismatch": Differs, "not_found": NotFound, "deceased": Deceased, "duplicate": Duplicate, "inactive": Inactive,
}

// FileWriter writes questions.
type FileWriter struct{ csv *csv.Writer }

// NewFileWriter begins a file of questions.
func NewFileWriter(w io.Writer) (*FileWriter, error) {
	f := &FileWriter{csv.NewWriter(w)}
	return f, f.csv.Write(questionHead)
}

// Ask adds a question. ref comes back with its answer.
func (f *FileWriter) Ask(ref string, q Query) error {
	return f.csv.Write([]string{ref, q.NIK, q.KK, q.Name, q.BirthPlace, q.BirthDate, q.Sex})
}

// Flush writes what is held back, and tells of any error before.
func (f *FileWriter) Flush() error {
	f.csv.Flush()
	return f.csv.Error()
}

// FileAnswer is one line of an answer file.
type FileAnswer struct {
	Ref, NIK string
	Answer   Answer
}

// ErrHeading says that a file is not one of answers.
var ErrHeading = errors.New("the first line is not " + strings.Join(answerHead, ","))

// ReadAnswers visits the answers of a file one by one. A line that cannot be read is an
// answer that says nothing; only a broken file is an error.
func ReadAnswers(r io.Reader, visit func(FileAnswer) error) error {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord = -1
	head, err := lines.Read()
	if err != nil || !slices.Equal(head, answerHead) {
		return ErrHeading
	}
	for {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read answer file: %w", err)
		}
		if err := visit(answered(line)); err != nil {
			return err
		}
	}
}

func answered(line []string) FileAnswer {
	if len(line) != len(answerHead) {
		return FileAnswer{Answer: noAnswer(CauseGarbage)}
	}
	a := FileAnswer{Ref: line[0], NIK: line[1], Answer: noAnswer(CauseGarbage)}
	outcome, known := fileResults[line[2]]
	fields, ok := namedFields(line[3])
	if known && ok && (outcome == Differs) == (len(fields) > 0) {
		a.Answer = Answer{Outcome: outcome, Fields: fields}
	}
	return a
}

// namedFields reads names with spaces between, in whatever order.
func namedFields(text string) (list []Field, ok bool) {
	names := strings.Fields(text)
	for _, w := range wire {
		if slices.Contains(names, string(w.field)) {
			list = append(list, w.field)
		}
	}
	return list, len(list) == len(names)
}
