package signalling

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscop"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// Manager is a call manager.
type Manager struct {
	cfg   Config
	log   *zap.Logger
	plane Plane
	hub   traceHub
	// links are in the order of their identifiers and fixed from the start.
	links   []*link
	linkFor map[vc.LinkID]*link
	started time.Time

	in      *inbox
	lookups queue         // of operators
	done    chan struct{} // closed by Close
	wg      sync.WaitGroup

	nextClient atomic.Uint64
	mu         sync.Mutex
	clients    map[cm.ClientID]*attached
	running    bool
	closed     bool

	// The rest belongs to the manager's goroutine. ports are those of
	// VCs just opened, until they are delivered.
	machine *cm.Machine
	ports   map[vc.Handle]*vc.Ports
	// asked are the links with requests that they have not been given yet.
	asked []*link
	// released are closed when the last call is gone: each is a Shutdown that
	// waits.
	released []chan struct{}
	// notified are closed when every client has closed what NotifyClose has told
	// it to.
	notified []chan struct{}
}

// New makes a call manager; Start sets it to work. It fails when the
// configuration contradicts itself.
func New(cfg Config) (*Manager, error) {
	if cfg.Plane == nil {
		return nil, errors.New("signalling: a call manager needs a data plane")
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	m := &Manager{
		cfg: cfg, log: cfg.Log.Named("signalling"), plane: cfg.Plane,
		linkFor: make(map[vc.LinkID]*link), in: newInbox(), done: make(chan struct{}),
		clients: make(map[cm.ClientID]*attached), ports: make(map[vc.Handle]*vc.Ports), started: now(),
		machine: cm.New(cm.Config{Version: cfg.Version, Hosts: cfg.Hosts, Limits: cfg.Limits}),
	}
	names := make(map[string]bool)
	for _, lc := range cfg.Links {
		if lc.ID == 0 || m.linkFor[lc.ID] != nil || names[lc.Name] || lc.Channel == nil {
			return nil, fmt.Errorf("signalling: link %q: want an identifier and a name of its own and a control channel", lc.Name)
		}
		l, err := m.newLink(lc)
		if err != nil {
			return nil, err
		}
		names[lc.Name], m.linkFor[lc.ID] = true, l
		m.links = append(m.links, l)
	}
	slices.SortFunc(m.links, func(a, b *link) int { return cmp.Compare(a.cfg.ID, b.cfg.ID) })
	for _, l := range m.links {
		m.perform(m.machine.Link(cm.LinkInfo{
			ID: l.cfg.ID, Name: l.cfg.Name, Peer: l.cfg.Peer, Address: l.cfg.Address, Prefixes: l.cfg.Prefixes,
			Capacity: l.cfg.Capacity, Plain: l.uni.Profile().UNI3(), Reason: "it has not been up yet",
		}))
	}
	for _, p := range cfg.PVCs {
		effects, err := m.machine.ConfigurePVC(p)
		if err != nil {
			return nil, fmt.Errorf("signalling: %w", err)
		}
		m.perform(effects)
	}
	m.handOn()
	return m, nil
}

// newLink makes the machine of a link and what runs it.
func (m *Manager) newLink(cfg LinkConfig) (*link, error) {
	role, err := parseRole(cfg.Role)
	if err != nil {
		return nil, fmt.Errorf("signalling: link %q: %w", cfg.Name, err)
	}
	profile, err := msg.ParseProfile(cfg.Profile)
	if err != nil {
		return nil, fmt.Errorf("signalling: link %q: %w", cfg.Name, err)
	}
	uc := uni.Config{
		ID: cfg.ID, Role: role, Profile: profile, Peer: cfg.Peer, Capacity: cfg.Capacity, Way: cfg.Way,
		Seed: rand.Uint64(), SSCOP: sscop.Config{InitialSQ: uint8(rand.Uint32())},
	}
	if cfg.Address.IsValid() {
		uc.Addresses = []vc.Addr{cfg.Address}
	}
	if m.cfg.SQStore != nil {
		if last, ok := m.cfg.SQStore.Load(cfg.Name); ok {
			uc.SSCOP.InitialSQ = last
		}
	}
	in := newMailbox[linkInput]()
	l := &link{
		m: m, cfg: cfg, uni: uni.New(uc), in: in, time: newClock(in.ring), log: newCallLog(m.log, cfg.Name),
		restarts: make(map[uint64]func(RestartResult)), address: cfg.Address, stopped: make(chan struct{}),
	}
	l.sq = l.uni.VTSQ()
	return l, nil
}

func parseRole(s string) (uni.Role, error) {
	for _, r := range []uni.Role{uni.RoleAuto, uni.RoleUser, uni.RoleNetwork} {
		if s == r.String() || s == "" {
			return r, nil
		}
	}
	return 0, fmt.Errorf("role %q: want auto, user or network", s)
}

// Start starts the goroutines and the links. It is called once.
func (m *Manager) Start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running || m.closed {
		return
	}
	m.running = true
	m.wg.Add(1 + len(m.links))
	go m.run()
	for _, l := range m.links {
		l.post(func() { l.perform(l.uni.Start()) })
		go l.run()
	}
}

// managerInput is one input of the manager's goroutine: an indication of a
// link, a request of a client, or something else.
type managerInput struct {
	link       vc.LinkID
	indication primitive.Indication
	client     cm.ClientID
	from       *attached
	request    cm.Request
	do         func()
	query      func() // a look from outside: what came before is handed on first
}

// post queues f for the manager's goroutine.
func (m *Manager) post(f func()) { m.in.post(managerInput{do: f}) }

// ask does the same with a question of an operator, and reports whether the
// goroutine takes inputs. Questions have their turn as one client has.
func (m *Manager) ask(f func()) bool { return m.in.ask(&m.lookups, managerInput{query: f}) }

// run is the manager's goroutine. A turn serves what waits; what the links are
// to do about it they are told together at its end.
func (m *Manager) run() {
	defer m.wg.Done()
	var batch []managerInput
	for range m.in.wake {
		var open bool
		if batch, open = m.in.take(batch); !open {
			return
		}
		for i := range batch {
			m.serve(&batch[i])
			if i%turnInputs == turnInputs-1 {
				m.handOn()
			}
		}
		m.handOn()
	}
}

// serve serves one input.
func (m *Manager) serve(in *managerInput) {
	switch {
	case in.indication != nil:
		m.perform(m.machine.Indicate(in.link, in.indication))
	case in.request != nil:
		<-in.from.window
		m.perform(m.machine.Request(in.client, in.request))
	case in.query != nil:
		m.handOn()
		in.query()
	default:
		in.do()
	}
}

// handOn gives the links the requests of a turn.
func (m *Manager) handOn() {
	for _, l := range m.asked {
		l.in.post(l.requests...)
		l.requests = emptied(l.requests)
	}
	m.asked = m.asked[:0]
}

// learn takes in what is known of a link.
func (m *Manager) learn(info cm.LinkInfo) {
	m.perform(m.machine.Link(info))
}

// spread tells every link the addresses of the system: each takes calls to all of them.
func (m *Manager) spread() {
	addrs := m.machine.Addresses()
	for _, l := range m.links {
		l.post(func() { l.uni.SetSystem(addrs) })
	}
}

// Receive takes one SDU from the control VC of a link, whose octets are the
// manager's from then on. It does not block; when the link's queue is full the
// SDU is dropped and counted.
func (m *Manager) Receive(id vc.LinkID, sdu []byte) {
	if l := m.linkFor[id]; l != nil {
		l.receive(sdu)
	}
}

// LinkStatus tells what the data plane knows of a link's port, at the start
// and at each change. It does not block.
func (m *Manager) LinkStatus(id vc.LinkID, s vc.LinkStatus) {
	if l := m.linkFor[id]; l != nil {
		l.post(func() { l.setStatus(s) })
	}
}

// Violation tells that the client of a VC has broken its ring: the call is
// closed with FAILURE and err's text. It does not block.
func (m *Manager) Violation(h vc.Handle, err error) {
	m.post(func() { m.perform(m.machine.Violation(h, err)) })
}

// Trace subscribes to the SDUs of one link's control VC, or of all links for
// an empty name. size bounds what waits for the reader; a slow reader loses
// records, which are counted. It fails for an unknown link.
func (m *Manager) Trace(name string, size int) (*TraceStream, error) {
	if name != "" && !slices.ContainsFunc(m.links, func(l *link) bool { return l.cfg.Name == name }) {
		return nil, fmt.Errorf("signalling: there is no link %q", name)
	}
	return m.hub.add(name, size), nil
}

// Close stops the goroutines at once and returns when they have ended. It is
// idempotent; what is called later does nothing or fails with
// [net.ErrClosed].
func (m *Manager) Close() error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		m.wg.Wait()
		return nil
	}
	m.closed = true
	close(m.done)
	m.mu.Unlock()
	m.in.close()
	for _, l := range m.links {
		l.in.close()
	}
	m.wg.Wait()
	m.hub.close()
	return nil
}

// shutdownLinger is the longest drain of a Shutdown whose context has no
// deadline, and closeTimeout the longest time in it that clients have to close
// what they have by themselves.
const shutdownLinger, closeTimeout = 5 * time.Second, 5 * time.Second

// Shutdown refuses new calls, lets the clients that know of it close what they
// have (NotifyCloseAF), releases every call that is left with cause, lets the
// rings drain and the links end in order. It returns when all is released or
// ctx is done, with ctx's error in the second case. Of the time that ctx leaves a
// quarter is for the clients and half for the drain. Close is still due.
func (m *Manager) Shutdown(ctx context.Context, cause ie.Cause) error {
	linger, timeout := shutdownLinger, closeTimeout
	if d, ok := ctx.Deadline(); ok {
		left := max(0, d.Sub(now()))
		linger, timeout = min(linger, left/2), min(timeout, left/4)
	}
	m.notifyClients(ctx, cause, linger, timeout)
	released := make(chan struct{})
	m.post(func() {
		m.released = append(m.released, released)
		m.perform(m.machine.Shutdown(cause, linger))
	})
	err := m.await(ctx, released)
	said := make(chan struct{})
	m.post(func() {
		m.perform(m.machine.Farewell("the daemon is stopping"))
		close(said)
	})
	for _, l := range m.links {
		l.post(func() { l.stop(cause) })
	}
	err = cmp.Or(err, m.await(ctx, said))
	for _, l := range m.links {
		err = cmp.Or(err, m.await(ctx, l.stopped))
	}
	if err != nil {
		return fmt.Errorf("signalling: shutdown: %w", err)
	}
	return nil
}

// notifyClients tells the clients that the daemon ends, and waits for those that
// close what they have until the timeout.
func (m *Manager) notifyClients(ctx context.Context, cause ie.Cause, linger, timeout time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answered := make(chan struct{})
	m.post(func() {
		m.notified = append(m.notified, answered)
		m.perform(m.machine.NotifyClose(cause, linger, timeout))
	})
	_ = m.await(ctx, answered) // what is left the daemon ends
}

// await waits for c, the end of ctx or Close.
func (m *Manager) await(ctx context.Context, c <-chan struct{}) error {
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-m.done:
		return net.ErrClosed
	}
}
