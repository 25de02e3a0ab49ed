package notify_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gelombang/notify"
)

func TestAnAddressTellsItsOperator(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		channel  notify.Channel
		to, want string
	}{
		{notify.SMS, "+6281234567890", notify.Telkomsel},
		{notify.SMS, "+6285112345678", notify.Telkomsel},
		{notify.SMS, "+6285712345678", notify.Indosat},
		{notify.SMS, "+6281712345678", notify.XL},
		{notify.SMS, "+6283112345678", notify.Axis},
		{notify.SMS, "+6289612345678", notify.Tri},
		{notify.SMS, "+6288112345678", notify.Smartfren},
		{notify.SMS, "+6221123456", notify.OtherOperator},
		{notify.SMS, "+6591234567", notify.OtherOperator},
		{notify.SMS, "+62", notify.OtherOperator},
		{notify.SMS, "", notify.OtherOperator},
		{notify.Email, "ani@gmail.com", notify.Gmail},
		{notify.Email, "ani@GMAIL.com", notify.Gmail},
		{notify.Email, "ani@yahoo.co.id", notify.Yahoo},
		{notify.Email, "ani@hotmail.com", notify.Outlook},
		{notify.Email, "ani@me.com", notify.ICloud},
		{notify.Email, "ani@gmail.example.com", notify.OtherOperator},
		{notify.Email, "gmail.com@example.com", notify.OtherOperator},
		{notify.Email, "nowhere", notify.OtherOperator},
		{notify.Email, "", notify.OtherOperator},
	} {
		if got := notify.Operator(c.channel, c.to); got != c.want {
			t.Errorf("%s: %s, want %s", c.to, got, c.want)
		}
	}
}

func TestAnOperatorIsAlwaysOneOfTheClosedList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ch := rapid.SampledFrom(notify.Channels).Draw(t, "channel")
		to := rapid.OneOf(rapid.String(), rapid.StringMatching(`\+62[0-9]{0,12}`), rapid.StringMatching(`[a-z]{0,3}@[a-z.]{0,12}`)).Draw(t, "to")
		if got := notify.Operator(ch, to); !slices.Contains(notify.Operators(ch), got) {
			t.Fatalf("%q: %q", to, got)
		}
	})
}
