package portal_test

import "testing"

func TestAPassInTheAddressStaysInTheForm(t *testing.T) {
	t.Parallel()
	b := newScene(t).browser()
	form := b.get("/register?pass=abc").expect(200, "/register")
	again := b.send(form, "/register", "address", "nobody").expect(422, "/register")
	for _, s := range []screen{form, again} {
		if got := s.attr("form[action='/register'] input[name=pass]", "value"); got != "abc" {
			t.Errorf("the pass of a browser without cookies is %q", got)
		}
	}
	if plain := b.get("/register").expect(200, "/register"); plain.count("input[name=pass]") != 0 {
		t.Error("a form without a pass has a field for one")
	}
}

func TestNobodyIsSentToAWaitingRoomThatIsNotThere(t *testing.T) {
	t.Parallel()
	newScene(t).browser().get("/waiting").expect(200, "/register")
}
