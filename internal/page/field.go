package page

import (
	"gelombang/internal/fault"
	"gelombang/internal/locale"
)

// Field is an input with its label, hint and message, always in that order.
type Field struct {
	Name           string
	ID             string // Name when empty
	Label, Hint    Text
	Value          string
	Error, Warning Text   // we cannot go on; we can, but look
	Type           string // "text" when empty
	InputMode      string
	Autocomplete   string
	Required       bool
	MaxLength      int
	Number         bool    // figures in a wide, fixed face
	Grouped        bool    // the script writes sixteen digits as 6-6-4
	Digits         []Group // read back between message and input
	Notes          []Note  // what else is to be said about what was typed
	Check          *Check  // looked at while the form is being filled in
	Confirm        *Choice // "it is written so on my card", under a doubt
	Suggest        string  // a value offered by a button: Name and this value are sent as "use"
	SuggestText    Text
	Read           *ReadBack // how it was understood, under the input
}

// Check is where a <live-check> asks about one input before the form is sent. The
// answer is the block live-<name> of the page, which is the part "findings".
type Check struct {
	Path   string
	Fields string // what is sent along, and asks anew when it changes; separated by spaces
}

// Note is a line beneath a message, with a number to compare where there is one.
type Note struct {
	Text   Text
	Digits []Group
}

// Choice is one box to tick.
type Choice struct {
	Name        string
	Value       string // "yes" when empty
	Label, Hint Text
	Error       Text
	Checked     bool
	Required    bool
}

// Option is one of a list.
type Option struct {
	Value string
	Label Text
	Hint  Text
}

// Choices is a framed set of radios; for more than seven options take a Select.
type Choices struct {
	Name           string
	Label, Hint    Text
	Error, Warning Text
	Value          string
	Options        []Option
	Required       bool
}

// Select is a list to choose from.
type Select struct {
	Name           string
	Label, Hint    Text
	Error, Warning Text
	Value          string
	Empty          Text // the first line, chosen by nobody
	Options        []Option
	Autocomplete   string
	Required       bool
}

// Row is several short inputs under one legend, such as the parts of a date.
type Row struct {
	Name           string // of the whole, in faults
	Label, Hint    Text
	Error, Warning Text
	Fields         []Field
}

// Code is the input for the digits of a code: one input, however many digits.
type Code struct {
	Name        string
	Label, Hint Text
	Error       Text
}

// Ref is the id of the element.
func (f Field) Ref() string {
	if f.ID != "" {
		return f.ID
	}
	return f.Name
}

// Kind is the input's type.
func (f Field) Kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// Described lists the ids of hint and message, for aria-describedby.
func (f Field) Described() string { return described(f.Ref(), f.Hint, f.Error, f.Warning) }

// Ref is the id of the element.
func (c Choice) Ref() string { return c.Name }

// Described lists the ids of hint and message, for aria-describedby.
func (c Choice) Described() string { return described(c.Name, c.Hint, c.Error) }

// Sent is the value that a ticked box sends.
func (c Choice) Sent() string {
	if c.Value == "" {
		return "yes"
	}
	return c.Value
}

// Ref is the id of the element.
func (c Choices) Ref() string { return c.Name }

// Described lists the ids of hint and message, for aria-describedby.
func (c Choices) Described() string { return described(c.Name, c.Hint, c.Error, c.Warning) }

// Ref is the id of the element.
func (s Select) Ref() string { return s.Name }

// Described lists the ids of hint and message, for aria-describedby.
func (s Select) Described() string { return described(s.Name, s.Hint, s.Error, s.Warning) }

// Ref is the id of the element.
func (r Row) Ref() string { return r.Name }

// Described lists the ids of hint and message, for aria-describedby.
func (r Row) Described() string { return described(r.Name, r.Hint, r.Error, r.Warning) }

// Ref is the id of the element.
func (c Code) Ref() string { return c.Name }

// Described lists the ids of hint and message, for aria-describedby.
func (c Code) Described() string { return described(c.Name, c.Hint, c.Error) }

func described(ref string, hint Text, messages ...Text) string {
	var ids string
	if !hint.Empty() {
		ids = ref + "-h"
	}
	for _, m := range messages {
		if !m.Empty() {
			return joinIDs(ids, ref+"-e")
		}
	}
	return ids
}

func joinIDs(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}

// Summary lists what to mend, on top of the page. Page data embeds it: the
// title then says how many things there are.
type Summary struct{ Items []Problem }

// Problem is one thing to mend, linked to its input.
type Problem struct {
	Ref   string // id of the element; empty when it belongs to no input
	Text  Text
	Doubt bool
}

// Problems counts them.
func (s Summary) Problems() int { return len(s.Items) }

// Doubtful says that nothing but doubts is listed.
func (s Summary) Doubtful() bool {
	for _, p := range s.Items {
		if !p.Doubt {
			return false
		}
	}
	return true
}

// Input is any of the inputs above; faults are put on it by Mend.
type Input interface {
	Ref() string
	name() string
	take(message Text, doubt bool)
}

func (f *Field) name() string   { return f.Name }
func (c *Choice) name() string  { return c.Name }
func (c *Choices) name() string { return c.Name }
func (s *Select) name() string  { return s.Name }
func (r *Row) name() string     { return r.Name }
func (c *Code) name() string    { return c.Name }

func (f *Field) take(m Text, doubt bool)   { put(&f.Error, &f.Warning, m, doubt) }
func (c *Choices) take(m Text, doubt bool) { put(&c.Error, &c.Warning, m, doubt) }
func (s *Select) take(m Text, doubt bool)  { put(&s.Error, &s.Warning, m, doubt) }
func (r *Row) take(m Text, doubt bool)     { put(&r.Error, &r.Warning, m, doubt) }
func (c *Choice) take(m Text, _ bool)      { c.Error = m }
func (c *Code) take(m Text, _ bool)        { c.Error = m }

func put(hard, soft *Text, m Text, doubt bool) {
	if doubt {
		*soft = m
		return
	}
	*hard = m
}

// Mend puts the messages of an Invalid or Refused fault on the inputs they belong to
// and gives the summary of all, with the same words. A fault without fields
// becomes one line that is linked to nothing. Any other error is not the
// person's to mend: ok is false, and the caller calls Fail.
func Mend(err error, inputs ...Input) (s Summary, ok bool) {
	f, is := fault.As(err)
	if !is || (f.Kind != fault.Invalid && f.Kind != fault.Refused) {
		return Summary{}, false
	}
	for _, field := range f.Fields {
		p := Problem{Text: textOf(field.Key, field.Args), Doubt: field.Soft}
		for _, in := range inputs {
			if in.name() == field.Name {
				in.take(p.Text, field.Soft)
				p.Ref = in.Ref()
			}
		}
		s.Items = append(s.Items, p)
	}
	if len(s.Items) == 0 {
		s.Items = []Problem{{Text: textOf(f.Key, f.Args)}}
	}
	return s, true
}

func textOf(key string, args fault.Args) Text { return locale.Text{Key: key, Args: args} }
