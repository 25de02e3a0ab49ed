package rehearsal

import (
	"time"

	"gelombang/rehearsal/browser"
	"gelombang/rehearsal/crowd"
	"gelombang/rehearsal/people"
)

// person is one simulated applicant with a browser.
type person struct {
	crowd.Seat
	number int
	began  time.Duration // when they pressed, on the crowd's clock: how long it took is told from here
	stage  stage
	tries  int // exchanges in a row that led nowhere
	jar    browser.Cookies
	token  string        // of the form that is open
	path   string        // of the page that comes next
	queued time.Duration // when they came into line; 0: they are in none
	lot    float64       // the part of the early places at which theirs lies; 0: came late
	place  int64         // in the line; 0 while it is not drawn

	mail string // the code that came, under the tour's lock

	fate  people.Fate   // day: how far they come
	code  string        // day: what is being typed
	limit time.Duration // day: when waiting for a code or an answer ends
}

// stage is what a person does next.
type stage uint8

// The stages of coming in and registering, the same in every scenario.
const (
	atDoor   stage = iota // ask for the form
	atWait                // ask for the page of the waiting room
	inLine                // watch the status document
	called                // enter
	atForm                // send the form
	mailCode              // day: the rest of the journey
	passwordPage
	phoneForm
	phoneSend
	phoneCode
	smsCode
	afterPhone
	identityForm
	identitySend
	identityReview
	identityStatus
	identityNews
	statementsForm
	statementsSend
	joinForm
	joinSend
	receiptPage
)
