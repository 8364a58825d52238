package simnet

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/vc"
)

// host is a daemon and its clients. What it owes its machines is what
// signalling.Manager owes them.
type host struct {
	w     *World
	index int
	name  string
	tag   byte // the second octet of all its MACs
	ports []*port

	// life counts the starts: what an earlier life has left under way has no
	// effect any more.
	life  int
	alive bool
	cm    *cm.Machine
	rings map[vc.Handle]*ring
	// opened are the VCs whose descriptors wait for the event that takes them
	// along.
	opened  map[vc.Handle]bool
	handles map[vc.Handle]bool // all that were given out in this life
	system  []vc.Addr
	clients []*client
	nextID  cm.ClientID
	stop    stopping
	still   stillness
	hangs   time.Duration // until when the data plane answers nothing
}

// stopping is how far a shutdown has come.
type stopping uint8

const (
	notStopping stopping = iota
	stopCalls            // the calls are being released
	stopLinks            // the links are ending
)

// boot starts the daemon and its clients.
func (h *host) boot() {
	h.life++
	h.alive, h.stop = true, notStopping
	h.hangs = 0
	h.w.stats.Boots++
	h.rings, h.opened, h.handles = make(map[vc.Handle]*ring), make(map[vc.Handle]bool), make(map[vc.Handle]bool)
	h.system, h.clients = nil, nil
	h.w.record.Note(h.w.now, "host %s starts", h.name)
	h.cm = cm.New(cm.Config{Version: "sim", Hosts: h.names(), Limits: drawLimits(h.w.rng)})
	for _, p := range h.ports {
		p.boot()
	}
	for _, p := range h.ports {
		h.cm.Link(p.info("it has not been up yet"))
	}
	for _, p := range h.ports {
		h.post(&p.down, func() { p.perform(p.uni.Start()) })
		p.setPort(p.up)
	}
	for range 1 + h.w.rng.IntN(3) {
		h.later(time.Duration(h.w.rng.IntN(300))*time.Millisecond, h.attach)
	}
}

// drawLimits draws small limits now and then.
func drawLimits(r *rand.Rand) cm.Limits {
	if r.IntN(6) > 0 {
		return cm.Limits{}
	}
	return cm.Limits{VCs: 2 + r.IntN(8), SAPs: 1 + r.IntN(3), CallsInProgress: 1 + r.IntN(4), Backlog: 2 + r.IntN(8), RingBytes: 8 << 20}
}

// names are the neighbours by name.
func (h *host) names() map[string]vc.Addr {
	names := make(map[string]vc.Addr)
	for _, p := range h.ports {
		names[p.peer.h.name] = vc.AddrFromMAC(p.peer.mac)
	}
	return names
}

// attach lets a client come.
func (h *host) attach() {
	h.nextID++
	c := newClient(h, h.nextID)
	h.clients = append(h.clients, c)
	h.post(&c.up, func() {
		h.cm.Attach(c.id, cm.Credentials{PID: int32(c.id), Admin: c.admin})
		c.contract.attached = true
	})
	c.begin()
}

// crash ends the daemon at once: nothing more is sent, and nothing remembered
// but VT(SQ).
func (h *host) crash(why string) {
	h.w.record.Note(h.w.now, "host %s %s", h.name, why)
	h.alive = false
	h.life++
	h.still = stillness{}
	for _, c := range h.clients {
		c.alive = false
	}
	for _, p := range h.ports {
		p.crash()
	}
}

// bootLater starts the daemon again when what it has sent is no longer under
// way.
func (h *host) bootLater(d time.Duration) {
	h.w.at(h.w.now+h.w.weather.maxFlight()+d, func() {
		if !h.alive {
			h.boot()
		}
	})
}

// post puts a message on a lane of this life.
func (h *host) post(l *lane, do func()) {
	life := h.life
	h.w.post(l, func() {
		if h.life == life {
			h.now(aMessage, do)
		}
	})
}

// later lets something happen in this life.
func (h *host) later(d time.Duration, do func()) { h.wait(d, aMessage, do) }

// wait does the same for something of a kind.
func (h *host) wait(d time.Duration, kind happening, do func()) {
	life := h.life
	h.w.at(h.w.now+d, func() {
		if h.life == life {
			h.now(kind, do)
		}
	})
}

// perform does what the client model asks for. The rings of a VC are made when
// the other effects are done.
func (h *host) perform(effects []cm.Effect) {
	var opens []cm.Effect
	for _, e := range effects {
		switch e.Kind {
		case cm.OpenVC:
			opens = append(opens, e)
		case cm.Deliver:
			h.deliver(e)
		case cm.ToLink:
			p := h.ports[e.Link-1]
			h.post(&p.down, func() { p.request(e.Request) })
		case cm.EndVC:
			h.endVC(e.VC)
		case cm.CloseVC:
			h.closeVC(e.VC)
		case cm.KeepVC:
			h.keepVC(e.VC)
		case cm.NewAddresses: // learn compares them
		case cm.Transition:
			h.w.record.Note(h.w.now, "%s: VC %s %v -> %v on %s", h.name, e.VC, e.From, e.To, e.Text)
		case cm.Fault:
			h.w.violate("impossible event", "%s: the client model: %s", h.name, e.Text)
		}
	}
	for _, o := range opens {
		err := h.openVC(o)
		h.perform(h.cm.VCOpened(o.VC, err))
		if h.opened[o.VC] {
			h.w.violate("descriptors", "%s: nobody took those of %s along", h.name, o.VC)
		}
	}
	h.goOnStopping()
}

// deliver hands an event to its client, past the contract.
func (h *host) deliver(d cm.Effect) {
	i := slices.IndexFunc(h.clients, func(c *client) bool { return c.id == d.Client })
	if i < 0 {
		h.w.violate("told after its end", "%s: client %d is told %+v", h.name, d.Client, d.Event)
		return
	}
	c := h.clients[i]
	h.w.record.Event(h.w.now, h, c.id, d.Event)
	c.contract.event(d)
	h.post(&c.down, func() {
		if c.alive {
			c.on(d.Event)
		}
	})
}

// learn takes in what is known of a link, as signalling.Manager does.
func (h *host) learn(info cm.LinkInfo) {
	h.perform(h.cm.Link(info))
	addrs := h.cm.Addresses()
	if slices.Equal(addrs, h.system) {
		return
	}
	h.system = addrs
	for _, p := range h.ports {
		h.post(&p.down, func() { p.uni.SetSystem(addrs) })
	}
}

// shutdown stops the daemon in order.
func (h *host) shutdown(linger time.Duration) {
	h.w.record.Note(h.w.now, "host %s is told to stop", h.name)
	h.stop = stopCalls
	h.perform(h.cm.Shutdown(stopCause, linger))
	h.later(10*time.Second, func() {
		h.crash("stops, out of time")
		h.bootLater(time.Second)
	})
}

var stopCause = ie.Cause{Location: ie.LocationUser, Value: ie.CauseDestinationOutOfOrder}

// goOnStopping does the next step of a shutdown when it is time.
func (h *host) goOnStopping() {
	if h.stop != stopCalls || h.cm.Counts().Calls > 0 {
		return
	}
	h.stop = stopLinks
	h.perform(h.cm.Farewell("the daemon is stopping"))
	for _, p := range h.ports {
		h.post(&p.down, func() { p.perform(p.uni.Stop(stopCause)) })
	}
}

// stopped ends the daemon when its links have ended.
func (h *host) stopped() {
	for _, p := range h.ports {
		if !p.uni.Stopped() {
			return
		}
	}
	h.later(0, func() {
		for _, p := range h.ports {
			p.wantEmpty()
		}
		h.crash("has stopped")
		h.bootLater(time.Second)
	})
}

// String is the host's name.
func (h *host) String() string { return h.name }

// indicate hands an indication of a link to the client model.
func (h *host) indicate(p *port, ind primitive.Indication) {
	h.post(&p.upward, func() { h.perform(h.cm.Indicate(p.id, ind)) })
}

// errPlane is what a plane refuses with.
var errPlane = fmt.Errorf("no room")
