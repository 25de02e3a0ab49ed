package hooks_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gelombang/internal/locale"
	"gelombang/notify"
	"gelombang/otp"
	"gelombang/sim/mailbox"
)

// ends waits for the end of one code's way, and looks at everything that it left.
func (p *purposes) ends(what string, channel notify.Channel, e errand, x theWay) {
	p.t.Helper()
	p.settles(what, e, x)
	v := p.view(e)
	texts := p.received(channel, e)
	if v.Message.Reason != x.reason || len(texts) != x.copies {
		p.t.Errorf("%s: reason %q, want %q; %d copies, want %d", what, v.Message.Reason, x.reason, len(texts), x.copies)
	}
	for _, text := range texts {
		if !strings.Contains(text, e.code) {
			p.t.Errorf("%s: the message does not say %s: %s", what, e.code, text)
		}
	}
	p.honest(what, v, x)
	p.counted(what, v, x)
	p.worded(what, e, v)
}

// settles lets time go by until the message is where it has to be.
func (p *purposes) settles(what string, e errand, x theWay) {
	p.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	step := time.Second
	if x.reason == notify.Expired {
		step = 20 * time.Second
	}
	for range 4000 {
		if v := p.view(e); v.Message.State == x.state && !p.owed(e.message) {
			return
		}
		if !x.taken {
			p.clock.Add(step)
			p.run()
		}
		<-tick.C
	}
	p.t.Fatalf("%s: %+v, want %s", what, p.view(e).Message, x.state)
}

// received are the texts that reached the person's phone or mailbox.
func (p *purposes) received(channel notify.Channel, e errand) (out []string) {
	p.t.Helper()
	if channel == notify.SMS {
		for _, c := range p.copies(e.message) {
			out = append(out, c.Text)
		}
		return out
	}
	resp, err := http.Get(p.post.URL() + "/messages?to=" + url.QueryEscape(e.to))
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var all []mailbox.Message
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		p.t.Fatal(err)
	}
	for _, m := range all {
		out = append(out, m.Text)
	}
	return out
}

// honest: nothing is called sent that reached nobody, each end is told once, and what
// failed was never called confirmed.
func (p *purposes) honest(what string, v otp.View, x theWay) {
	p.t.Helper()
	times := map[notify.State]int{}
	for _, e := range v.Message.Events {
		times[e.State]++
	}
	if x.copies == 0 && times[notify.Accepted]+times[notify.Confirmed] > 0 || times[notify.Confirmed] > 1 || times[notify.Failed] > 1 ||
		times[notify.Failed] == 1 && times[notify.Confirmed] == 1 {
		p.t.Errorf("%s: %d copies, and the way is told as %+v", what, x.copies, v.Message.Events)
	}
}

// counted: what the provider failed is given back and needs no wait; all else is not.
func (p *purposes) counted(what string, v otp.View, x theWay) {
	p.t.Helper()
	most := otp.DefaultPolicy.SendsPerDestinationHour
	if x.state == notify.Failed {
		if v.SendsLeft != most || !v.ResendAt.IsZero() {
			p.t.Errorf("%s: %d of %d sendings left, the next at %v", what, v.SendsLeft, most, v.ResendAt)
		}
		return
	}
	if v.SendsLeft != most-1 || v.ResendAt.IsZero() {
		p.t.Errorf("%s: %d of %d sendings left, the next at %v", what, v.SendsLeft, most, v.ResendAt)
	}
}

// worded: the message is the purpose's, and its end has words in both languages.
func (p *purposes) worded(what string, e errand, v otp.View) {
	p.t.Helper()
	if want := "otp." + string(e.purpose); v.Message.Key != want || v.Purpose != e.purpose {
		p.t.Errorf("%s: it says %s, want %s", what, v.Message.Key, want)
	}
	keys := []string{}
	for _, step := range v.Message.Events {
		keys = append(keys, "portal.delivery."+string(step.State)+"."+string(v.Channel))
	}
	if v.Message.State == notify.Failed {
		keys = append(keys, "portal.reason."+string(v.Message.Reason))
	}
	for _, key := range slices.Compact(keys) {
		for _, lang := range locale.Langs {
			if p.texts.Text(lang, key, nil) == "" {
				p.t.Errorf("%s: %s has no words in %s", what, key, lang)
			}
		}
	}
}
