//go:build soak

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patroni is a cluster of three machines, each with etcd, Patroni and PostgreSQL on
// loopback ports. docs/operate/many-nodes.md explains the same settings.
type patroni struct {
	dir      string
	bin      string // of PostgreSQL
	run      *syscall.SysProcAttr
	machines []*machine
}

// machine is one of them.
type machine struct {
	name                    string
	peer, client, rest, sql string // addresses
	dir                     string
	etcd, patroni           *exec.Cmd
}

// member is a machine as Patroni sees it.
type member struct {
	Name     string `json:"name"`
	Role     string `json:"role"`
	State    string `json:"state"`
	Timeline int    `json:"timeline"` // a former primary that is still to be rewound has an earlier one
}

// clusterWithin bounds what a cluster may take to begin, or to be whole again.
const clusterWithin = 2 * time.Minute

func startPatroni(t *testing.T) *patroni {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		t.Fatal("make soak installs what this test needs")
	}
	dir, err := os.MkdirTemp("", "gelombang-patroni-")
	if err != nil {
		t.Fatal(err)
	}
	p := &patroni{dir: dir, bin: filepath.Dir(found[len(found)-1])}
	p.run = unprivileged(t, dir)
	t.Cleanup(func() {
		for _, m := range p.machines {
			m.kill()
		}
		if !t.Failed() { // otherwise what everybody said is still there
			_ = os.RemoveAll(dir)
		}
	})
	for i := range 3 {
		name := fmt.Sprintf("node%d", i+1)
		p.machines = append(p.machines, &machine{name: name, dir: filepath.Join(dir, name),
			peer: freeAddress(t), client: freeAddress(t), rest: freeAddress(t), sql: freeAddress(t)})
	}
	p.begin(t)
	p.whole(t, 3)
	return p
}

func (p *patroni) begin(t *testing.T) {
	var peers, clients []string
	for _, m := range p.machines {
		peers, clients = append(peers, m.name+"=http://"+m.peer), append(clients, m.client)
	}
	for _, m := range p.machines {
		p.prepare(t, m, clients)
		m.etcd = p.start(t, m, "etcd", "--name", m.name, "--data-dir", filepath.Join(m.dir, "etcd"),
			"--listen-peer-urls", "http://"+m.peer, "--initial-advertise-peer-urls", "http://"+m.peer,
			"--listen-client-urls", "http://"+m.client, "--advertise-client-urls", "http://"+m.client,
			"--initial-cluster", strings.Join(peers, ","), "--initial-cluster-state", "new", "--enable-v2")
		m.patroni = p.start(t, m, "patroni", filepath.Join(m.dir, "patroni.yml"))
	}
}

// unprivileged is the user that PostgreSQL runs as: it refuses to be root.
func unprivileged(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if os.Geteuid() != 0 {
		return attr
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		t.Fatal(err)
	}
	return attr
}

const patroniSettings = `scope: gelombang
name: %[1]s
restapi: {listen: '%[2]s', connect_address: '%[2]s'}
etcd: {hosts: '%[3]s'}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 2
    retry_timeout: 6
    primary_start_timeout: 0
    synchronous_mode: true
    synchronous_mode_strict: true
    postgresql:
      use_pg_rewind: true
      use_slots: true
      parameters: {max_connections: 100, wal_log_hints: 'on', wal_keep_size: 1GB, wal_retrieve_retry_interval: 500ms}
  initdb: [encoding: UTF8, locale: C, data-checksums]
  pg_hba: ['host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust']
postgresql:
  listen: '%[4]s'
  connect_address: '%[4]s'
  data_dir: %[5]s/data
  bin_dir: %[6]s
  pgpass: %[5]s/pgpass
  parameters: {unix_socket_directories: '%[5]s'}
  authentication:
    superuser: {username: postgres, password: only-on-loopback}
    replication: {username: replicator, password: only-on-loopback}
    rewind: {username: rewinder, password: only-on-loopback}
watchdog: {mode: 'off'}
`

func (p *patroni) prepare(t *testing.T, m *machine, etcds []string) {
	t.Helper()
	if err := os.Mkdir(m.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	settings := fmt.Sprintf(patroniSettings, m.name, m.rest, strings.Join(etcds, ","), m.sql, m.dir, p.bin)
	err := os.WriteFile(filepath.Join(m.dir, "patroni.yml"), []byte(settings), 0o644)
	if owner := p.run.Credential; owner != nil {
		err = errors.Join(err, os.Chown(m.dir, int(owner.Uid), int(owner.Gid)))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (p *patroni) start(t *testing.T, m *machine, program string, args ...string) *exec.Cmd {
	t.Helper()
	log, err := os.Create(filepath.Join(m.dir, program+".log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close() // the process has its own
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir, cmd.SysProcAttr = log, log, m.dir, p.run
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// postgres is the server's process and its children; none when it does not run.
func (m *machine) postgres() []int {
	file, err := os.ReadFile(filepath.Join(m.dir, "data", "postmaster.pid"))
	if err != nil {
		return nil
	}
	first, _, _ := strings.Cut(string(file), "\n")
	main, err := strconv.Atoi(first)
	if err != nil {
		return nil
	}
	if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", main)); err != nil || !strings.Contains(string(line), m.dir) {
		return nil // a file left by a server that was killed
	}
	pids := []int{main}
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", main, main))
	for _, word := range strings.Fields(string(children)) {
		if pid, err := strconv.Atoi(word); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func (m *machine) signalPostgres(s syscall.Signal) {
	for _, pid := range m.postgres() {
		_ = syscall.Kill(pid, s)
	}
}

// freeze is a machine that answers nobody and closes no connection, like a virtual one
// that is paused. After thaw it believes that no time has passed.
func (m *machine) freeze() { m.signalAll(syscall.SIGSTOP) }
func (m *machine) thaw()   { m.signalAll(syscall.SIGCONT) }

func (m *machine) signalAll(s syscall.Signal) {
	_ = m.patroni.Process.Signal(s)
	_ = m.etcd.Process.Signal(s)
	m.signalPostgres(s)
}

// kill is a machine that loses its power: nothing on it says goodbye.
func (m *machine) kill() {
	for _, cmd := range []*exec.Cmd{m.patroni, m.etcd} {
		if cmd != nil && cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	m.signalPostgres(syscall.SIGKILL)
}

// members asks any machine that answers.
func (p *patroni) members() []member {
	client := &http.Client{Timeout: 2 * time.Second}
	for _, m := range p.machines {
		resp, err := client.Get("http://" + m.rest + "/cluster")
		if err != nil {
			continue
		}
		var got struct{ Members []member }
		err = json.NewDecoder(resp.Body).Decode(&got)
		if resp.Body.Close(); err == nil {
			return got.Members
		}
	}
	return nil
}

// whole waits until there are a primary, a synchronous standby and n machines in step.
func (p *patroni) whole(t *testing.T, n int) {
	t.Helper()
	var last []member
	defer func() {
		if t.Failed() {
			t.Logf("members: %+v; what they said is in %s", last, p.dir)
		}
	}()
	eventually(t, "the cluster is whole", clusterWithin, func() bool {
		last = p.members()
		timeline := 0
		for _, m := range last {
			timeline = max(timeline, m.Timeline)
		}
		roles := map[string]int{}
		for _, m := range last {
			if (m.State == "running" || m.State == "streaming") && m.Timeline == timeline {
				roles[m.Role]++
			}
		}
		return roles["leader"] == 1 && roles["sync_standby"] == 1 && roles["leader"]+roles["sync_standby"]+roles["replica"] == n
	})
}

// primary is the machine that takes writes, standbys the others that run.
func (p *patroni) primary(t *testing.T) (primary *machine, standbys []*machine) {
	t.Helper()
	leader := ""
	for _, m := range p.members() {
		if m.Role == "leader" {
			leader = m.Name
		}
	}
	for _, m := range p.machines {
		switch {
		case m.name == leader:
			primary = m
		case len(m.postgres()) > 0:
			standbys = append(standbys, m)
		}
	}
	if primary == nil {
		t.Fatalf("no primary among %+v", p.members())
	}
	return primary, standbys
}

// dsn names every machine; the driver finds the one that takes writes.
func (p *patroni) dsn(user, database string) string {
	var hosts []string
	for _, m := range p.machines {
		hosts = append(hosts, m.sql)
	}
	return fmt.Sprintf("postgres://%s@%s/%s?target_session_attrs=read-write&connect_timeout=2&sslmode=disable", user, strings.Join(hosts, ","), database)
}
