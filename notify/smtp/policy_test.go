package smtp

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"testing"

	"gelombang/notify"
)

func TestOnlyWhatIsSaidForGoodOfTheRecipientIsFinal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reply reply
		want  verdict
	}{
		{reply{about: aboutRecipient, code: 550, status: "5.1.1"}, verdict{permanent: true, reason: notify.NoSuchMailbox}},
		{reply{about: aboutRecipient, code: 550}, verdict{permanent: true, reason: notify.NoSuchMailbox}},
		{reply{about: aboutRecipient, code: 552, status: "5.2.2"}, verdict{permanent: true, reason: notify.MailboxFull}},
		{reply{about: aboutContent, code: 552}, verdict{permanent: true, reason: notify.MailboxFull}},
		{reply{about: aboutContent, code: 552, status: "5.3.4"}, verdict{permanent: true, reason: notify.Rejected}},
		{reply{about: aboutRecipient, code: 550, status: "5.7.1"}, verdict{permanent: true, reason: notify.Rejected}},
		{reply{about: aboutContent, code: 554, status: "5.7.1"}, verdict{permanent: true, reason: notify.Rejected}},
		{reply{about: aboutRecipient, code: 550, status: "5.1.2"}, verdict{permanent: true, reason: notify.NoSuchDomain}},
		{reply{about: aboutRecipient, code: 556, status: "5.1.10"}, verdict{permanent: true, reason: notify.NoSuchDomain}},
		{reply{about: aboutRecipient, code: 550, status: "5.1.8"}, verdict{permanent: true, reason: notify.Rejected}},
		{reply{about: aboutRecipient, code: 550, status: "5.2.1"}, verdict{permanent: true, reason: notify.NoSuchMailbox}},
		{reply{about: aboutRecipient, code: 452, status: "4.2.2"}, verdict{}},
		{reply{about: aboutRecipient, code: 451, status: "4.7.1"}, verdict{}},
		{reply{code: 421, status: "4.3.2"}, verdict{}},
		{reply{}, verdict{}},
		{reply{about: aboutSender, code: 550, status: "5.7.1"}, verdict{ours: true}},
		{reply{about: aboutRecipient, code: 530, status: "5.7.0"}, verdict{ours: true}},
	} {
		if got := c.reply.verdict(); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.reply, got, c.want)
		}
	}
}

func TestOnlyABrokenHandoverLeavesAMailInDoubt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reply reply
		want  bool
	}{
		{reply{about: aboutContent, begun: true}, true},
		{reply{about: aboutContent, begun: true, code: 451}, false},
		{reply{about: aboutContent, begun: true, code: 554}, false},
		{reply{about: aboutContent}, false},
		{reply{about: aboutRecipient}, false},
		{reply{}, false},
	} {
		if got := c.reply.handedOver(); got != c.want {
			t.Errorf("%+v: %t", c.reply, got)
		}
	}
}

func TestASignInsRefusalIsNotRepeated(t *testing.T) {
	t.Parallel()
	err := unreached(t.Context(), fmt.Errorf("auth: %w", &textproto.Error{Code: 535, Msg: "5.7.8 halo@gelombang.test: wrong password"}))
	var e *notify.SendError
	if !errors.As(err, &e) || !e.Unsent || e.Permanent || strings.Contains(err.Error(), "halo") {
		t.Errorf("%+v", err)
	}
}
