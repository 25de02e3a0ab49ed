package notify

import (
	"slices"
	"strings"
)

// The operators: where a message goes, as far as its address tells. It is a hint for
// choosing a provider and for statistics, and never personal.
const (
	Telkomsel = "telkomsel"
	Indosat   = "indosat"
	XL        = "xl"
	Axis      = "axis"
	Tri       = "tri"
	Smartfren = "smartfren"

	Gmail   = "gmail"
	Yahoo   = "yahoo"
	Outlook = "outlook"
	ICloud  = "icloud"

	OtherOperator = "other"
)

var operators = map[Channel][]string{
	SMS:   {Telkomsel, Indosat, XL, Axis, Tri, Smartfren, OtherOperator},
	Email: {Gmail, Yahoo, Outlook, ICloud, OtherOperator},
}

// Operators is the closed list of a channel.
func Operators(ch Channel) []string { return slices.Clone(operators[ch]) }

// prefixes are the first digits after the country's as the operators were given them.
// A number that was carried to another operator is routed by a wrong hint, which costs
// it nothing but perhaps some seconds.
var prefixes = map[string]string{
	"811": Telkomsel, "812": Telkomsel, "813": Telkomsel, "821": Telkomsel, "822": Telkomsel, "823": Telkomsel,
	"851": Telkomsel, "852": Telkomsel, "853": Telkomsel,
	"814": Indosat, "815": Indosat, "816": Indosat, "855": Indosat, "856": Indosat, "857": Indosat, "858": Indosat,
	"817": XL, "818": XL, "819": XL, "859": XL, "877": XL, "878": XL, "879": XL,
	"831": Axis, "832": Axis, "833": Axis, "838": Axis,
	"895": Tri, "896": Tri, "897": Tri, "898": Tri, "899": Tri,
	"881": Smartfren, "882": Smartfren, "883": Smartfren, "884": Smartfren, "885": Smartfren, "886": Smartfren,
	"887": Smartfren, "888": Smartfren, "889": Smartfren,
}

// mailboxes are the first words of the domains of the large mailbox providers; their
// country domains (yahoo.co.id) begin alike.
var mailboxes = map[string]string{
	"gmail": Gmail, "googlemail": Gmail, "yahoo": Yahoo, "ymail": Yahoo, "rocketmail": Yahoo,
	"outlook": Outlook, "hotmail": Outlook, "live": Outlook, "msn": Outlook, "icloud": ICloud, "me": ICloud, "mac": ICloud,
}

// suffixes are how those domains end: another domain that begins alike is somebody else's.
var suffixes = []string{"com", "co.id", "id"}

// Operator says where a normalised address is, as a word of Operators.
func Operator(ch Channel, to string) string {
	word := ""
	switch ch {
	case SMS:
		if rest, ours := strings.CutPrefix(to, "+62"); ours && len(rest) > 3 {
			word = prefixes[rest[:3]]
		}
	case Email:
		domain := strings.ToLower(to[strings.LastIndexByte(to, '@')+1:])
		if name, suffix, _ := strings.Cut(domain, "."); slices.Contains(suffixes, suffix) {
			word = mailboxes[name]
		}
	}
	if word == "" {
		return OtherOperator
	}
	return word
}
