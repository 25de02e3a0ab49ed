package portal_test

import (
	"testing"

	"gelombang/application"
	"gelombang/audit"
	"gelombang/draw/transcript"
	"gelombang/identity"
	"gelombang/identity/registry"
	"gelombang/internal/locale"
	"gelombang/notify"
	"gelombang/otp"
	"gelombang/portal"
)

func TestEveryWordOfAClosedListHasItsSentences(t *testing.T) {
	t.Parallel()
	c, err := locale.Load(nil, portal.Catalog)
	if err != nil {
		t.Fatal(err)
	}
	need := func(keys ...string) {
		for _, key := range keys {
			if !c.Has(key) {
				t.Errorf("%s is missing", key)
			}
		}
	}
	for _, state := range notify.States {
		need("portal.event.message." + string(state))
		for _, channel := range notify.Channels {
			need("portal.delivery."+string(state)+"."+string(channel), "portal.delivery.waiting."+string(channel), "portal.channel."+string(channel))
		}
	}
	for _, reason := range notify.Reasons {
		need("portal.reason." + string(reason))
	}
	for _, state := range []otp.State{otp.Proven, otp.Void, otp.Expired} {
		need("portal.code.ended."+string(state), "portal.code.ended."+string(state)+".text")
	}
	for _, state := range identity.States[1:] {
		stem := "portal.identity." + string(state)
		need(stem+".title", stem+".lead", stem+".happened", stem+".next", stem+".when")
	}
	for _, f := range []registry.Field{registry.FieldNIK, registry.FieldKK, registry.FieldName, registry.FieldBirthPlace, registry.FieldBirthDate, registry.FieldSex} {
		need("portal.identity.differs." + string(f))
	}
	for _, kind := range audit.ActorKinds {
		need("portal.event.look."+kind, "portal.event.look."+kind+".why")
	}
	for _, outcome := range transcript.Outcomes {
		needResult(need, string(outcome))
	}
	for _, state := range application.States[1:] {
		needResult(need, string(state))
	}
	needResult(need, "waiting")
	for _, stage := range portal.FunnelStages {
		need("portal.funnel." + string(stage))
	}
	need("limit.identity.corrections", "limit.join.day")
	for _, step := range []string{"account", "contact", "phone", "identity", "statements", "join", "wait", "result", "drawn"} {
		need("portal.me.lead."+step, "portal.me.happened."+step, "portal.me.next."+step)
	}
	for _, step := range []string{"account", "contact", "phone", "identity", "statements", "join", "result"} {
		need("portal.step."+step, "portal.step."+step+".done", "portal.step."+step+".more", "portal.step."+step+".go")
	}
}

func needResult(need func(...string), word string) {
	stem := "portal.result." + word
	need(stem+".title", stem+".lead", stem+".happened", stem+".next")
}
