package identity

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gelombang/audit"
	"gelombang/internal/fault"
	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
)

// Mode is how identities are checked. Closed list. A registry that is down needs no
// mode: what is sent is parked, and asked about as soon as it answers again.
type Mode string

const (
	Online Mode = "online" // the registry is asked
	Park   Mode = "park"   // nobody is asked for now: its office wants quiet
	File   Mode = "file"   // answers come by file (Export, Import)
	Off    Mode = "off"    // the programme does without: whoever is parked passes unchecked
)

// Modes is the closed list.
var Modes = []Mode{Online, Park, File, Off}

// Setting is a mode, since when, and why. The zero Since: it was never changed.
type Setting struct {
	ID     int64
	Mode   Mode
	Since  time.Time
	Reason string
	Staff  int64 // 0: the system
}

// Mode gives how identities are checked now.
func (s *Service) Mode(q sqldb.Querier) (Setting, error) { return newestMode(q) }

// Modes gives the changes of how identities are checked, the newest first.
func (s *Service) Modes(q sqldb.Querier, most int) ([]Setting, error) { return listModes(q, most) }

// SetMode changes how identities are checked. It holds at once for what is sent from
// now on; what is parked already follows within seconds, by job.
func (s *Service) SetMode(ctx context.Context, mode Mode, by audit.Actor, reason string) error {
	if err := reasoned(reason); err != nil {
		return err
	}
	if !slices.Contains(Modes, mode) {
		return fault.InvalidFields([]fault.Field{{Name: "mode", Key: "identity.mode_unknown"}})
	}
	return s.config.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := insertMode(tx, mode, by.ID, reason); err != nil {
			return err
		}
		// Not Schedule's key: a tend that runs just now has read the mode before.
		if err := s.config.Jobs.Enqueue(tx, tending("")); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Actor: by, Action: "identity.mode", Reason: string(mode) + ": " + reason})
	})
}

// Health is how the checks go, for those who run the programme.
type Health struct {
	Setting
	Parked    int // at most QueueMost
	PerMinute int // verdicts of the registry
	Silent    int // questions of a minute without one
	Down      bool
	Ends      time.Time // when the line is empty at this pace; zero when that is not known
}

// Health tells how the checks go. Down means: asked in the last minutes, and no verdict;
// a registry that is not to be asked cannot be down.
func (s *Service) Health(q sqldb.Querier) (Health, error) {
	setting, err := s.Mode(q)
	if err != nil {
		return Health{}, err
	}
	view, err := s.line.look(q)
	if err != nil {
		return Health{}, err
	}
	h := Health{Setting: setting, Parked: len(view.submitted), PerMinute: view.pace.answers, Silent: view.pace.silent,
		Down: setting.Mode == Online && view.pace.answers == 0 && view.pace.silent > 0}
	if setting.Mode == Online && h.Parked > 0 && h.Parked < QueueMost {
		h.Ends = expected(q.Now(), h.Parked, h.PerMinute)
	}
	return h, nil
}

// Minute is what the registry made of the questions of one minute.
type Minute struct {
	At              time.Time
	Answers, Silent int // verdicts, and questions without one
}

// Minutes gives the minutes since a time, the oldest first; those in which nobody was
// asked are left out. They are kept for a day.
func (s *Service) Minutes(q sqldb.Querier, since time.Time) ([]Minute, error) {
	return listMinutes(q, since)
}

// KindTend keeps the parked as the mode and the closings of waves want them.
const KindTend = "identity.tend"

// Schedule has the parked looked after. Call it every few minutes.
func (s *Service) Schedule(tx *sqldb.Tx) error {
	return s.config.Jobs.Enqueue(tx, tending(KindTend))
}

func tending(once string) jobs.New {
	return jobs.New{Kind: KindTend, Queue: QueueName, Priority: jobs.Urgent, Once: once}
}

// tend asks again about those who were left alone while the mode was another, lets
// those pass whom the programme does not check, and moves up whose wave closes soon.
// Each page is a transaction; what is done is not found again.
func (s *Service) tend(ctx context.Context, _ jobs.Job) error {
	for _, page := range []func(*sqldb.Tx) (int, error){s.resume, s.waive, s.hurry} {
		for more := true; more; {
			err := s.config.DB.Write(ctx, func(tx *sqldb.Tx) error {
				n, err := page(tx)
				more = n > 0
				return err
			})
			if err != nil {
				return fmt.Errorf("tend the parked: %w", err)
			}
		}
	}
	return nil
}

// resume asks about the parked that have no question under way.
func (s *Service) resume(tx *sqldb.Tx) (int, error) {
	setting, err := s.Mode(tx)
	if err != nil || setting.Mode != Online {
		return 0, err
	}
	list, err := idle(tx, tendPage)
	if err != nil {
		return 0, err
	}
	return len(list), s.enqueue(tx, list)
}

// waive notes on each parked submission that it passes unchecked.
func (s *Service) waive(tx *sqldb.Tx) (int, error) {
	setting, err := s.Mode(tx)
	if err != nil || setting.Mode != Off {
		return 0, err
	}
	list, err := unwaived(tx, tendPage)
	if err != nil {
		return 0, err
	}
	for _, p := range list {
		if err := s.pass(tx, p.account, setting); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// pass writes the consequence of a check that is switched off on a submission.
func (s *Service) pass(tx *sqldb.Tx, account int64, setting Setting) error {
	if err := markWaived(tx, account, setting.ID); err != nil {
		return err
	}
	if err := remark(tx, account, "waived"); err != nil {
		return err
	}
	return s.changed(tx, account, Parked)
}

// hurry gives the parked that have become more urgent a more urgent question. The
// question that they have finds itself out of date.
func (s *Service) hurry(tx *sqldb.Tx) (int, error) {
	list, err := hurried(tx, tendPage)
	if err != nil {
		return 0, err
	}
	return len(list), s.enqueue(tx, list)
}

// Closes notes when the wave that an account is in closes; zero when it is in none. It
// composes: the caller's transaction joins or leaves the wave.
func (s *Service) Closes(tx *sqldb.Tx, account int64, at time.Time) error {
	r, err := s.lock(tx, account)
	if err != nil || r.state == None {
		return err
	}
	if err := setCloses(tx, account, at); err != nil {
		return err
	}
	r.closes = at
	p := r.waiting()
	if r.state != Parked || r.urgency == urgencyIdle || p.urgency(tx.Now()) == r.urgency {
		return nil
	}
	return s.enqueue(tx, []waiting{p})
}
