package desk

import (
	"net/http"
	"strconv"

	"gelombang/account"
	"gelombang/application"
	"gelombang/identity"
	"gelombang/internal/sqldb"
	"gelombang/photo"
	"gelombang/wave"
)

// Citizen is all that the journey asks about one person, read in one snapshot.
type Citizen struct {
	Account    account.Account
	Identity   identity.Record
	Statements application.Statements
	Wave       wave.Wave           // the one that concerns the person now; ID 0: none is planned
	Places     []application.Place // newest first
	Photo      photo.Photo         // of the identity card; its State is "" when the programme asks for none

	photoNeeded bool
}

// Load reads the person of a request.
func (d *Desk) Load(req *http.Request) (c Citizen, err error) {
	err = d.Read(req, func(rx *sqldb.Rx) error {
		c, err = d.CitizenOf(rx, d.Person(req))
		return err
	})
	return c, err
}

// CitizenOf reads a person in a snapshot that the caller holds.
func (d *Desk) CitizenOf(q sqldb.Querier, id int64) (c Citizen, err error) {
	if id == 0 {
		return c, errNotPerson
	}
	if c.Account, err = d.Account.Get(q, id); err != nil {
		return c, err
	}
	if c.Identity, err = d.Identity.Record(q, id); err != nil {
		return c, err
	}
	if c.Statements, _, err = d.Application.Statements(q, id); err != nil {
		return c, err
	}
	if c.Wave, err = d.Wave.Current(q); Absent(err) != nil {
		return c, err
	}
	if c.Places, err = d.Application.Places(q, id); err != nil {
		return c, err
	}
	if d.Photo != nil {
		c.photoNeeded = d.Programme.PhotoRequired
		if c.Photo, err = d.Photo.Current(q, id); err != nil {
			return c, err
		}
	}
	c.Wave = c.concern()
	return c, nil
}

// concern is the wave that the person's journey is about: the open one; else the
// newest that they take part in, until its result has been seen and another opens;
// else the next one.
func (c Citizen) concern() wave.Wave {
	if c.Wave.State == wave.Open {
		return c.Wave
	}
	for _, place := range c.Places {
		if place.State == application.Joined {
			return place.Wave
		}
	}
	return c.Wave
}

// Place is the person's place in a wave. The live one comes before those that were
// taken back.
func (c Citizen) Place(wave int64) (found application.Place, there bool) {
	for _, place := range c.Places {
		if place.Wave.ID != wave || there && place.State == application.Withdrawn {
			continue
		}
		if found, there = place, true; place.State != application.Withdrawn {
			return found, true
		}
	}
	return found, there
}

// Joined says that the person takes part in the wave that runs now.
func (c Citizen) Joined() bool {
	place, there := c.Place(c.Wave.ID)
	return there && place.State != application.Withdrawn
}

// Drawn says that the result of the wave that runs now is out.
func (c Citizen) Drawn() bool { return c.Joined() && c.Wave.State == wave.Released }

// ReceiptPath is the proof of taking part in the wave that runs now.
func (c Citizen) ReceiptPath() string { return WavePath("/receipt/", c.Wave.ID) }

func (c Citizen) resultPath() string {
	if c.Drawn() {
		return WavePath("/result/", c.Wave.ID)
	}
	return ""
}

// WavePath is an address that ends in an id.
func WavePath(prefix string, id int64) string { return prefix + strconv.FormatInt(id, 10) }

// Number reads an id out of a path; 0 when it is none.
func Number(req *http.Request, name string) int64 { return NumberOf(req.PathValue(name)) }

// NumberOf reads an id; 0 when it is none.
func NumberOf(s string) int64 {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return id
}
