//go:build soak

package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/sqldb"
	"gelombang/internal/sqldb/sqldbtest"
	"gelombang/notify"
	"gelombang/sim"
	"gelombang/sim/loopback"
	"gelombang/sim/mailbox"
)

const (
	takeoverPeople = 400
	// takeoverAt is how many mails have arrived when one node dies.
	takeoverAt = 120
	// Every mail is held for this long, so that the kill falls into many of them.
	takeoverHold = 800 * time.Millisecond
)

// Two nodes share the work. One is killed in the middle: the other takes its jobs over
// when their leases end, and only mails that were in flight at the kill come twice.
func TestALivingNodeTakesOverTheJobsOfAKilledOne(t *testing.T) {
	t.Parallel()
	world, err := sim.Start(sim.Config{SMSKey: "key", SMSReceiptSecret: "secret", RegistryUser: "user", RegistryPassword: "password"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close(context.Background()) })
	if err := world.Mailbox.SetControl(mailbox.Control{Control: loopback.Control{DelayMS: int(takeoverHold.Milliseconds())}}); err != nil {
		t.Fatal(err)
	}
	data, dsn, at := t.TempDir(), sqldbtest.DSN(t, sqldb.Postgres), world.Addresses()
	doomed := startServe(t, freeAddress(t), at, data, dsn)
	living := startServe(t, freeAddress(t), at, data, dsn)
	people := registerAt(t, doomed, living)

	eventually(t, "the first mails", time.Minute, func() bool { return len(arrived(t, at.Inbox)) >= takeoverAt })
	doomed.kill()
	if n := len(arrived(t, at.Inbox)); n >= takeoverPeople {
		t.Fatalf("all %d mails had arrived before the kill", n)
	}
	expectMails(t, at.Inbox, people) // what comes twice has the same Message-ID and code
	twice := 0
	for _, n := range arrived(t, at.Inbox) {
		if n > 2 {
			t.Errorf("a mail came %d times", n)
		}
		if n > 1 {
			twice++
		}
	}
	t.Logf("%d of %d mails came twice", twice, takeoverPeople)
	// In flight are the mails of every slot, and those whose outcome was being written.
	if most := 2 * slots[notify.QueueName]; twice > most {
		t.Errorf("%d mails came twice; at most %d were in flight", twice, most)
	}
	expectNoJobs(t, dsn)
}

// registerAt registers people at both nodes in turn and gives their addresses.
func registerAt(t *testing.T, nodes ...*process) map[string][2]string {
	t.Helper()
	people := map[string][2]string{}
	var mu sync.Mutex
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Go(func() {
			for n := worker; n < takeoverPeople; n += 8 {
				v := newVisitor(t, nodes[n%len(nodes)].base, "id")
				address := fmt.Sprintf("two-nodes-%d@example.com", n)
				path, err := registerQuietly(v, address)
				if err != nil {
					t.Errorf("register %s: %v", address, err)
					return
				}
				mu.Lock()
				people[address] = [2]string{path, ""}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return people
}

// arrived counts the mails in the inbox by their Message-ID.
func arrived(t *testing.T, inbox string) map[string]int {
	t.Helper()
	var all []letter
	fetch(t, inbox+"/messages?limit=5000", &all)
	out := map[string]int{}
	for _, m := range all {
		out[m.MessageID]++
	}
	return out
}

// expectNoJobs waits until every mail's job has left the table: none is dead, none is
// left ready by an answer that came late.
func expectNoJobs(t *testing.T, dsn string) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Config{DSN: dsn, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	queue := jobs.NewQueue(db)
	eventually(t, "an empty queue of messages", time.Minute, func() bool {
		all, err := queue.Health(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range all {
			if h.Queue == notify.QueueName {
				return false
			}
		}
		return true
	})
}
