package audit

// ReasonMost bounds a reason, in letters: a sentence or two, not a file.
const ReasonMost = 300

// ActorKinds is the closed list of who can do something.
var ActorKinds = []string{"staff", "citizen", "system"}

// SubjectKinds is the closed list of what something can be done to.
var SubjectKinds = []string{"", "account", "wave", "staff", "job", "message"}

// Actions is the closed list of deeds. The console has a text for each.
var Actions = []string{
	"person.search", // staff searched for a person; the reason says why, never what was typed
	"person.look",   // staff opened a person's file, values masked
	"person.reveal", // staff saw a person's values in full
	"message.look",  // staff opened one message
	"photo.look",    // staff saw the picture of an identity card

	"photo.accept", "photo.decline",
	"identity.mode", "identity.admit", "identity.keep",
	"identity.decline", "identity.appeal", // an official's "no" to a newcomer, and the second look that is asked for
	"review.pass",                                      // an official handed an item of the review desk on to another
	"identity.claim", "identity.give", "identity.take", // a NIK: asked for, given to an account, taken from another

	"wave.plan", "wave.open", "wave.close", "wave.settle", "wave.freeze", "wave.void",
	"draw.commit", "draw.run", "draw.approve", "draw.release", "draw.reveal", "draw.hold",
	"announce.start",

	"staff.add", "staff.disable", "staff.sign_in", "staff.sign_in_failed", "staff.sign_out",
	"job.redrive",
	"account.erase", "account.export",
}
