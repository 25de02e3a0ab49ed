package page

// ReadBack is how the value of a field was understood, for its owner to look at before
// anything is sent there. The script tells it beneath the field while it is typed. The
// hidden field "read" carries the value that it was shown for.
type ReadBack struct {
	For           string // the field that the script follows; none on a page of its own
	Shown         string // what was typed; nothing is shown yet without it
	Local, Domain string // of an e-mail
	Number        string // of a phone, in groups
	Operator      string // of the number, as its prefix tells
	Operators     string // for the script: an operator and its prefixes a line
}
