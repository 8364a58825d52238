package signalling

import (
	"context"

	"go.uber.org/zap"

	"callmanager/signalling/cm"
	"callmanager/vc"
)

// Sink takes the events of one client. Deliver is called from the manager's
// goroutine, in order, and must not block nor call [Manager.Submit]. ports is
// nil but for the Reply(PENDING) to MakeCall and for IncomingCall; the sink
// then owns the files.
type Sink interface {
	Deliver(ev cm.Event, ports *vc.Ports)
}

// submitWindow bounds the requests of one client that wait for the manager.
const submitWindow = 64

// attached is one client.
type attached struct {
	sink Sink
	// window holds a token for each request that waits.
	window chan struct{}
	queue  queue
}

// Attach makes a client known. Its events go to sink.
func (m *Manager) Attach(cred cm.Credentials, sink Sink) cm.ClientID {
	id := cm.ClientID(m.nextClient.Add(1))
	a := &attached{sink: sink, window: make(chan struct{}, submitWindow)}
	m.mu.Lock()
	m.clients[id] = a
	m.mu.Unlock()
	m.in.ask(&a.queue, managerInput{do: func() { m.machine.Attach(id, cred) }})
	return id
}

// Submit hands over a request of a client. The answer comes through its sink.
// It blocks while the client has too many requests waiting, so it may not be
// called from a sink. Clients are served in turn. A request of a client that is detached is dropped.
func (m *Manager) Submit(id cm.ClientID, r cm.Request) {
	a := m.client(id)
	if a == nil {
		return
	}
	select {
	case a.window <- struct{}{}:
	case <-m.done:
		return
	}
	m.in.ask(&a.queue, managerInput{client: id, from: a, request: r})
}

// Settle waits until what a client has submitted is served, so that a list sees
// it. It fails as the lists do.
func (m *Manager) Settle(ctx context.Context, id cm.ClientID) error {
	a := m.client(id)
	if a == nil {
		return nil
	}
	_, err := query(ctx, m, func(f func()) bool { return m.in.ask(&a.queue, managerInput{do: f}) }, func() struct{} { return struct{}{} })
	return err
}

// Detach tells that a client is gone. Nothing is delivered to its sink after
// Detach has returned, but for a Deliver under way. It does not block.
func (m *Manager) Detach(id cm.ClientID) {
	m.mu.Lock()
	a := m.clients[id]
	delete(m.clients, id)
	m.mu.Unlock()
	if a == nil {
		return
	}
	m.in.ask(&a.queue, managerInput{do: func() { m.perform(m.machine.Detach(id)) }})
}

func (m *Manager) client(id cm.ClientID) *attached {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.clients[id]
}

// perform does what the client model asks for. The rings of a VC are made when
// the other effects are done, and the answer to them comes before anything
// else is served.
func (m *Manager) perform(effects []cm.Effect) {
	var few [1]openVC // no input asks for more rings than those of one VC
	opens := few[:0]
	for i := range effects {
		switch e := &effects[i]; e.Kind {
		case cm.OpenVC:
			opens = append(opens, openVC{e.VC, e.Spec})
		case cm.Deliver:
			m.deliver(e)
		case cm.ToLink:
			m.toLink(e)
		case cm.EndVC:
			m.plane.EndVC(e.VC)
		case cm.CloseVC:
			m.plane.CloseVC(e.VC)
		case cm.KeepVC:
			m.plane.KeepVC(e.VC)
		case cm.NewAddresses:
			m.spread()
		case cm.Transition:
			m.logTransition(e)
		case cm.Fault:
			m.log.Error("fault of the client model", zap.String("fault", e.Text))
		}
	}
	for _, o := range opens { // the effects are gone from here on
		err := m.openVC(o)
		if err != nil && o.spec.Kept == 0 { // short of memory or descriptors, maybe
			if drops := m.machine.DropKept(); len(drops) > 0 {
				m.perform(drops)
				err = m.openVC(o)
			}
		}
		m.perform(m.machine.VCOpened(o.vc, err))
		m.closePorts(m.takePorts(o.vc)) // none, unless the machine is at fault
	}
	if len(m.released) > 0 && m.machine.Counts().Calls == 0 {
		closeAll(&m.released)
	}
	if len(m.notified) > 0 && m.machine.Notified() == 0 {
		closeAll(&m.notified)
	}
}

// closeAll closes channels that somebody waits for.
func closeAll(waiting *[]chan struct{}) {
	for _, c := range *waiting {
		close(c)
	}
	*waiting = nil
}

// openVC is a [cm.OpenVC] that waits for the other effects.
type openVC struct {
	vc   vc.Handle
	spec vc.RingSpec
}

// openVC makes the rings of a VC and keeps the client's descriptors for the
// event that takes them along.
func (m *Manager) openVC(o openVC) error {
	ports, err := m.plane.OpenVC(o.vc, o.spec)
	if err != nil {
		m.log.Error("rings refused", zap.Stringer("vc", o.vc), zap.Error(err))
		return err
	}
	if !ports.None() {
		m.ports[o.vc] = &ports
	}
	return nil
}

// deliver hands an event to its client, with the descriptors that go with it.
func (m *Manager) deliver(d *cm.Effect) {
	var ports *vc.Ports
	if d.VC != 0 {
		ports = m.takePorts(d.VC)
	}
	a := m.client(d.Client)
	if a == nil {
		m.closePorts(ports)
		return
	}
	a.sink.Deliver(d.Event, ports)
}

func (m *Manager) toLink(t *cm.Effect) {
	l := m.linkFor[t.Link]
	if l == nil {
		return
	}
	if len(l.requests) == 0 {
		m.asked = append(m.asked, l)
	}
	l.requests = append(l.requests, linkInput{request: t.Request})
}

func (m *Manager) closePorts(p *vc.Ports) {
	if p == nil {
		return
	}
	if err := p.Close(); err != nil {
		m.log.Error("closing descriptors", zap.Error(err))
	}
}

// takePorts returns the descriptors of a VC just opened, or nil when an event
// has taken them along.
func (m *Manager) takePorts(h vc.Handle) *vc.Ports {
	p := m.ports[h]
	delete(m.ports, h)
	return p
}

func (m *Manager) logTransition(t *cm.Effect) {
	if ce := m.log.Check(zap.DebugLevel, "transition"); ce != nil {
		ce.Write(zap.Stringer("vc", t.VC), zap.Uint64("client", uint64(t.Client)), zap.Stringer("state", t.From),
			zap.String("event", t.Text), zap.Stringer("to", t.To))
	}
}
