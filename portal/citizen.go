package portal

import (
	"net/http"
	"strconv"

	"gelombang/account"
	"gelombang/application"
	"gelombang/identity"
	"gelombang/internal/sqldb"
	"gelombang/wave"
)

// citizen is all that the journey asks about one person, read in one snapshot.
type citizen struct {
	Account    account.Account
	Identity   identity.Record
	Statements application.Statements
	Wave       wave.Wave           // the one that concerns the person now; ID 0: none is planned
	Places     []application.Place // newest first
}

// load reads the person of a request.
func (p *Portal) load(req *http.Request) (c citizen, err error) {
	err = p.read(req, func(rx *sqldb.Rx) error {
		c, err = p.citizen(rx, p.person(req))
		return err
	})
	return c, err
}

func (p *Portal) citizen(q sqldb.Querier, id int64) (c citizen, err error) {
	if id == 0 {
		return c, errNotPerson
	}
	if c.Account, err = p.Account.Get(q, id); err != nil {
		return c, err
	}
	if c.Identity, err = p.Identity.Record(q, id); err != nil {
		return c, err
	}
	if c.Statements, _, err = p.Application.Statements(q, id); err != nil {
		return c, err
	}
	if c.Wave, err = p.Wave.Current(q); absent(err) != nil {
		return c, err
	}
	if c.Places, err = p.Application.Places(q, id); err != nil {
		return c, err
	}
	c.Wave = c.concern()
	return c, nil
}

// concern is the wave that the person's journey is about: the open one; else the
// newest that they take part in, until its result has been seen and another opens;
// else the next one.
func (c citizen) concern() wave.Wave {
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

// place is the person's place in a wave.
//
// The live one comes before those that were taken back.
func (c citizen) place(wave int64) (found application.Place, there bool) {
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

// joined says that the person takes part in the wave that runs now.
func (c citizen) joined() bool {
	place, there := c.place(c.Wave.ID)
	return there && place.State != application.Withdrawn
}

// drawn says that the result of the wave that runs now is out.
func (c citizen) drawn() bool { return c.joined() && c.Wave.State == wave.Released }

func (c citizen) receiptPath() string { return wavePath("/receipt/", c.Wave.ID) }

func (c citizen) resultPath() string {
	if c.drawn() {
		return wavePath("/result/", c.Wave.ID)
	}
	return ""
}

func wavePath(prefix string, id int64) string { return prefix + strconv.FormatInt(id, 10) }

// number reads an id out of a path; 0 when it is none.
func number(req *http.Request, name string) int64 {
	id, err := strconv.ParseInt(req.PathValue(name), 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return id
}
