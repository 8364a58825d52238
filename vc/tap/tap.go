package tap

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"callmanager/vc"
)

// MaxCaptures is how many captures may run at a time.
const MaxCaptures = 4

// ErrTooMany says that as many captures run as may.
var ErrTooMany = errors.New("tap: as many captures run as may at a time")

// ErrNoLink says that a filter names a link that there is not.
var ErrNoLink = errors.New("tap: no such link")

// Link is a link whose packets pass the tap.
type Link struct {
	ID              vc.LinkID
	Name, Interface string
}

// Tap is the place in a data plane at which captures are attached.
type Tap struct {
	now     func() int64
	links   []Link
	running atomic.Pointer[Set]

	mu    sync.Mutex
	ports []*Port
}

// New makes a tap. now tells the time in nanoseconds since the epoch and may be called by any worker.
func New(links []Link, now func() int64) *Tap { return &Tap{now: now, links: slices.Clone(links)} }

// Links returns the links in the order in which they were given.
func (t *Tap) Links() []Link { return slices.Clone(t.links) }

// Port makes the place of one worker. size is what waits for a reader at most, in octets, a power of
// two. All ports are made before the first capture.
func (t *Tap) Port(size int) *Port {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := &Port{tap: t, index: len(t.ports), size: size}
	t.ports = append(t.ports, p)
	return p
}

// Start begins a capture.
func (t *Tap) Start(f Filter) (*Capture, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var set Set
	if old := t.running.Load(); old != nil {
		set.captures = slices.Clone(old.captures)
	}
	if len(set.captures) >= MaxCaptures {
		return nil, ErrTooMany
	}
	c, err := newCapture(t, f)
	if err != nil {
		return nil, err
	}
	set.captures = append(set.captures, c)
	t.running.Store(&set)
	return c, nil
}

// remove ends a capture.
func (t *Tap) remove(c *Capture) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.running.Load()
	if old == nil {
		return
	}
	set := &Set{captures: slices.DeleteFunc(slices.Clone(old.captures), func(o *Capture) bool { return o == c })}
	if len(set.captures) == 0 {
		set = nil
	}
	t.running.Store(set)
}

// A Port is the place of one worker at a tap.
type Port struct {
	tap   *Tap
	index int
	size  int
	one   sync.Mutex // of those who use One
}

// Running returns the captures that run, or nil.
func (p *Port) Running() *Set { return p.tap.running.Load() }

// Now returns the time of a batch.
func (p *Port) Now() int64 { return p.tap.now() }

// One puts a single packet, with the time of now if it has none. Unlike the methods of a [Set] any goroutine may call it. It may wait for
// others that do the same.
func (p *Port) One(m Meta, head, body []byte) {
	s := p.Running()
	if s == nil {
		return
	}
	p.one.Lock()
	defer p.one.Unlock()
	if m.Time == 0 {
		m.Time = p.Now()
	}
	s.Put(p, &m, head, body)
	s.End(p)
}

// A Set is the captures that run. A worker uses one for a batch.
type Set struct{ captures []*Capture }

// Put copies a packet, head and body, to the captures that want it. It never waits.
func (s *Set) Put(p *Port, m *Meta, head, body []byte) {
	for _, c := range s.captures {
		if c.wants(m) {
			c.put(p.index, m, head, body)
		}
	}
}

// End makes what was put visible to the readers, and wakes those that sleep.
func (s *Set) End(p *Port) {
	for _, c := range s.captures {
		c.lanes[p.index].publish()
		if c.asleep.Load() && c.asleep.Swap(false) {
			select {
			case c.wake <- struct{}{}:
			default:
			}
		}
	}
}
