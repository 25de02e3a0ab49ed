package waitroom

import "time"

// Arrive gives a newcomer a ticket. It counts, and stores nothing.
func (r *Room) Arrive() string {
	v, now := r.view.Load(), r.c.Now()
	t := ticket{episode: v.Episode, since: now, id: random(idBits)}
	if now.Before(v.Opens) {
		v.counts.early.Add(1)
		t.early, t.value = true, random(fractionBits)
		return r.sign(t)
	}
	// The others' count is a beat old: nodes give the same number to different people,
	// who are then called together.
	t.value = v.sum.late - v.told.late + v.counts.late.Add(1) - 1
	return r.sign(t)
}

// Look says where a ticket stands, from memory.
func (r *Room) Look(ticket string) Place {
	_, place := r.look(ticket)
	return place
}

func (r *Room) look(text string) (ticket, Place) {
	v := r.view.Load()
	t, ours := r.parse(text)
	if !ours || v.Why == None || t.episode != v.Episode {
		return ticket{}, Place{Standing: Stranger}
	}
	return t, r.p.place(v.crowd, v.history, v.past, t)
}

// Admitted says until when a pass admits, without the database.
func (r *Room) Admitted(pass string) (until time.Time, ok bool) {
	_, until, ok = r.parsePass(pass)
	if !ok || !r.c.Now().Before(until) {
		return time.Time{}, false
	}
	return until, true
}
