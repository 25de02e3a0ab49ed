// Package notify brings words to people by mail and SMS, and knows at any moment
// where each message stands.
//
// A message is queued in the transaction that made it true and sent by a job,
// outside of any transaction. Its states: queued; sending (a try is under way);
// sent (a provider took it); confirmed (the handset or mailbox has it); failed
// (with a reason from a closed list); unconfirmed (no receipt came in time, which
// a later receipt still mends). States grow stronger and never weaker.
//
// A channel has one provider or several. One is drawn by weights that are learnt from
// receipts and from codes really typed, and written down before anything is sent. What
// a provider is known not to have taken goes to the next one at once; what it may have
// stays with it, under the same reference, for a bounded time (policy.go).
//
// It knows addresses and text keys, never accounts: owner and fill are opaque
// numbers of its callers. It never sends one message under two references, never
// sends a code that is no longer good, and writes no address into a log.
package notify

import (
	"context"
	"embed"
	"fmt"
	"net/url"
	"strings"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/seal"
	"gelombang/internal/sqldb"
)

// Catalog holds the words of this package.
//
//go:embed catalog.*.yaml
var Catalog embed.FS

// Channel is a way to a person.
type Channel string

// The closed list of channels.
const (
	Email Channel = "email"
	SMS   Channel = "sms"
)

// Channels is the closed list.
var Channels = []Channel{Email, SMS}

// State is where a message stands.
type State string

// The closed list of states; policy.go says which may follow which.
const (
	Queued      State = "queued"      // waits for its turn, or for its next try
	Sending     State = "sending"     // a try is under way, or was when the process ended
	Accepted    State = "sent"        // a provider took it
	Unconfirmed State = "unconfirmed" // no receipt came in time
	Failed      State = "failed"      // will not arrive; Reason says why
	Confirmed   State = "confirmed"   // the handset or mailbox has it
)

// States is the closed list, the weakest first.
var States = []State{Queued, Sending, Accepted, Unconfirmed, Failed, Confirmed}

// Reason says why a message failed.
type Reason string

// The closed list of reasons. A fault of ours at a provider is none of them: it is
// tried again.
const (
	NoReason            Reason = ""
	NoSuchMailbox       Reason = "no_such_mailbox"
	NoSuchDomain        Reason = "no_such_domain" // or one that takes no mail
	MailboxFull         Reason = "mailbox_full"
	ServerUnreachable   Reason = "server_unreachable" // the mail was tried for days
	NoSuchNumber        Reason = "no_such_number"
	OperatorFailed      Reason = "operator_failed"
	OperatorUnreachable Reason = "operator_unreachable"
	Rejected            Reason = "rejected" // a provider refuses the message
	Blocked             Reason = "blocked"  // the number takes no such messages
	Expired             Reason = "expired"  // it was no longer good when it could have been sent
)

// Reasons is the closed list of what can go wrong.
var Reasons = []Reason{NoSuchMailbox, NoSuchDomain, MailboxFull, ServerUnreachable, NoSuchNumber, OperatorFailed, OperatorUnreachable, Rejected, Blocked, Expired}

// Message is what to say to whom.
type Message struct {
	Channel  Channel
	To       string            // normalised address
	Key      string            // mail: Key+".subject" and Key+".text"; SMS: Key+".sms"
	Args     map[string]string // values that the texts name, besides "link"
	Lang     string
	Owner    int64  // opaque; 0 nobody
	Fill     int64  // opaque; handed to Config.Fill at sending; 0 nothing to fill in
	Link     string // path of the page that the mail's one button opens; "" none
	Priority jobs.Priority
}

// Event is one step of a message.
type Event struct {
	At     time.Time
	State  State
	Reason Reason
	Route  string // kind of route, of Kinds; before one was chosen, the channel
	Detail string // closed word or a provider's name, never personal data
}

// TryAgain is the Detail of a try that failed for now.
const TryAgain = "try_again"

// Status is a message as pages show it.
type Status struct {
	ID       int64
	Owner    int64
	Channel  Channel
	Key      string
	State    State
	Reason   Reason
	To       string // masked
	Provider string
	Created  time.Time
	Since    time.Time // of State
	Events   []Event   // oldest first, the queuing included
	Attempts int
}

// Filter picks messages for Newest; zero fields pick all.
type Filter struct {
	Channel Channel
	State   State
	Before  int64 // only messages older than this id
	Most    int   // 0 takes ListMost, which is also the most there is
}

// Receipt is what a provider says became of a message. MessageID is preferred;
// Provider and Ref find it otherwise.
type Receipt struct {
	Provider  string
	Ref       string
	MessageID int64
	State     State
	Reason    Reason
	At        time.Time
}

// Sender brings one message to one provider. An error is a *SendError; any other
// one counts as temporary. Sending one Ref twice must reach the person once where
// the provider can see to that.
type Sender interface {
	Send(ctx context.Context, o Outgoing) (Sent, error)
}

// Outgoing is a message ready to go.
type Outgoing struct {
	ID          int64
	To          string
	Subject     string // mail only
	Text        string
	HTML        string // mail only
	Ref         string // the same at every try: the Message-ID of a mail, the client's reference of an SMS
	CallbackURL string // where receipts go; the sender adds "/" and its own name
	Code        string // the code that Text says, if it says one: some ways carry codes in a form of their own
	Lang        string // of Text
	ReturnPath  string // mail only: the envelope address that it comes back to; "" takes the sender's
}

// Sent is a provider's acceptance.
type Sent struct {
	Provider string // a configured name
	Ref      string // the provider's own reference, if it has one
	Detail   string // closed word or a server's name
}

// SendError says whether another try can mend it.
type SendError struct {
	Permanent bool
	Unsent    bool          // temporary, and known not to have been taken: the next provider may be asked at once
	Reason    Reason        // with Permanent; with Unsent: why this provider cannot have this one message, which is no trouble of its own
	After     time.Duration // temporary: how long the provider asks to be left alone; such a wait costs no try
	Err       error         // for the log: without address or text
}

func (e *SendError) Error() string { return fmt.Sprintf("send: %v", e.Err) }

// Unwrap gives the cause.
func (e *SendError) Unwrap() error { return e.Err }

// Provider is one way out of a channel.
type Provider struct {
	Name   string // as in receipts and in the path of its callback
	Kind   string // of Kinds; "" takes the channel's
	Sender Sender
	Weight int // to begin with, and the most it can be: 1 to WeightMost; 0 takes WeightUsual
	Price  int // rupiah per message; 0: unknown
}

// Kinds are the kinds of routes, as the applicant reads them.
var Kinds = []string{"email", "sms", "whatsapp"}

// Config of a Service. All fields but BounceDomain and those from Fill on are needed.
type Config struct {
	DB        *sqldb.DB
	Keys      *seal.Keys
	Jobs      *jobs.Queue
	Texts     func(lang, key string, args map[string]any) string
	PublicURL string
	// BounceDomain is whose mail reaches us: mails that cannot be delivered come back to
	// addresses of it, one per message. "" takes none.
	BounceDomain string
	Providers    map[Channel][]Provider
	// Fill gives the values that are not kept with the message, such as a code. A
	// fault that is the thing's own (not found, refused, …) means that the message
	// is no longer good.
	Fill func(q sqldb.Querier, ref int64) (map[string]string, error)
	// OnFailed is told, once and in the same transaction, that a message with this
	// Fill will not arrive.
	OnFailed func(tx *sqldb.Tx, ref int64) error
	// Spend is what codes by SMS may cost.
	Spend SpendPolicy
	// Alarm is told, in the same transaction, that a rule of Spend begins to hold. nil
	// tells nobody.
	Alarm func(tx *sqldb.Tx, what string, args map[string]string) error
}

// Service queues, sends and follows messages.
type Service struct {
	db      *sqldb.DB
	keys    *seal.Keys
	jobs    *jobs.Queue
	texts   func(lang, key string, args map[string]any) string
	public  string
	host    string
	bounces string
	routes  *routes
	tally   tally
	fill    func(q sqldb.Querier, ref int64) (map[string]string, error)
	failed  func(tx *sqldb.Tx, ref int64) error
	spend   spending
}

// New makes the service.
func New(c Config) *Service {
	s := &Service{db: c.DB, keys: c.Keys, jobs: c.Jobs, texts: c.Texts, public: strings.TrimSuffix(c.PublicURL, "/"),
		host: "localhost", bounces: strings.ToLower(c.BounceDomain), routes: newRoutes(c.Providers), fill: c.Fill, failed: c.OnFailed}
	s.spend.policy, s.spend.alarm = c.Spend.withUsual(), c.Alarm
	s.spend.holds.Store(&map[holdOf]Held{})
	if u, err := url.Parse(c.PublicURL); err == nil && u.Hostname() != "" {
		s.host = u.Hostname()
	}
	return s
}
