package session

import "strings"

// Device says on what a session is used: two words, enough for its owner to know it
// again and too few to follow anybody by. Nothing else of the browser is kept, and no
// address of the network.
type Device struct {
	Browser string // a brand's name; "" when it is not known
	System  string // likewise
}

// word is a brand, and what a browser writes that is of it.
type word struct{ mark, name string }

// Most browsers name others too, for sites of long ago: the first mark that is found counts.
var (
	browsers = []word{{"EdgA/", "Edge"}, {"EdgiOS/", "Edge"}, {"Edg/", "Edge"}, {"OPR/", "Opera"}, {"OPT/", "Opera"}, {"Opera", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"}, {"UCBrowser/", "UC Browser"}, {"MiuiBrowser/", "Mi Browser"}, {"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}
	systems = []word{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
		{"Macintosh", "Mac"}, {"Linux", "Linux"}, {"KAIOS", "KaiOS"}}
)

// DeviceOf reads what a browser calls itself.
func DeviceOf(userAgent string) Device {
	return Device{Browser: first(browsers, userAgent), System: first(systems, userAgent)}
}

func first(words []word, in string) string {
	for _, w := range words {
		if strings.Contains(in, w.mark) {
			return w.name
		}
	}
	return ""
}

// String is "Chrome, Android", or what is known of it.
func (d Device) String() string {
	if d.Browser == "" || d.System == "" {
		return d.Browser + d.System
	}
	return d.Browser + ", " + d.System
}

func (d Device) words() string { return d.Browser + "/" + d.System }

func readDevice(words string) (d Device) {
	d.Browser, d.System, _ = strings.Cut(words, "/")
	return d
}
