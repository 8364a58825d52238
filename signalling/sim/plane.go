package sim

import (
	"fmt"
	"os"
	"sync"
	"time"

	"callmanager/vc"
)

// quiesce is what a deactivation that takes in stragglers lasts on this plane.
const quiesce = time.Millisecond

// Plane is a data plane that moves nothing. It implements signalling.Plane,
// notes every use, and holds each against the rules of that interface.
type Plane struct {
	mu       sync.Mutex
	rings    map[vc.Handle]*ring
	branches map[vc.ID]*branch
	log      []string
	errs     []error
	files    []*os.File
	// openErr fails OpenVC, activateErr Activate and Join.
	openErr, activateErr error
	onActivate           func(h vc.Handle)
	drain                time.Duration
}

type ring struct {
	eof      bool
	kept     bool
	branches int
}

type branch struct {
	vc       vc.Handle
	copies   bool               // It is one of the root of a point-to-multipoint call.
	receives map[vc.Handle]bool // false: on its way off
	transmit bool
	// removed is closed by Deactivate, which ends a drain.
	removed chan struct{}
}

// NewPlane returns a plane without VCs, on which a drain lasts for drain.
func NewPlane(drain time.Duration) *Plane {
	return &Plane{rings: make(map[vc.Handle]*ring), branches: make(map[vc.ID]*branch), drain: drain}
}

// FailOpen lets OpenVC fail with err, or no longer with nil.
func (p *Plane) FailOpen(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.openErr = err
}

// FailActivate lets Activate and Join fail with err, or no longer with nil.
func (p *Plane) FailActivate(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.activateErr = err
}

// OnActivate has f called at the start of each Activate and Join of a VC, which wait for its return.
// The rest of the plane goes on meanwhile. Nil calls nothing any more.
func (p *Plane) OnActivate(f func(h vc.Handle)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onActivate = f
}

// activating calls what OnActivate names.
func (p *Plane) activating(h vc.Handle) {
	p.mu.Lock()
	f := p.onActivate
	p.mu.Unlock()
	if f != nil {
		f(h)
	}
}

// Log returns the uses so far, in order, and forgets them.
func (p *Plane) Log() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	log := p.log
	p.log = nil
	return log
}

// Err returns the first rule that was broken, or nil.
func (p *Plane) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.errs) > 0 {
		return p.errs[0]
	}
	return nil
}

// Leaks says what is left: rings, branches and files that nobody has closed.
// Empty means nothing.
func (p *Plane) Leaks() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	files := 0
	for _, f := range p.files {
		if _, err := f.Stat(); err == nil {
			files++
		}
	}
	if len(p.rings)+len(p.branches)+files == 0 {
		return ""
	}
	return fmt.Sprintf("%d rings, %d branches, %d files", len(p.rings), len(p.branches), files)
}

// note records a use; broken records a broken rule.
func (p *Plane) note(format string, args ...any) { p.log = append(p.log, fmt.Sprintf(format, args...)) }

func (p *Plane) broken(format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("sim: "+format, args...))
}

// OpenVC implements signalling.Plane. The descriptors are those of the null
// device.
func (p *Plane) OpenVC(h vc.Handle, spec vc.RingSpec) (vc.Ports, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note("OpenVC %s", h)
	if p.openErr != nil {
		delete(p.rings, spec.Kept)
		return vc.Ports{}, p.openErr
	}
	if p.rings[h] != nil && spec.Kept != h {
		p.broken("OpenVC of %s, which is open", h)
	}
	if k := spec.Kept; k != 0 {
		if r := p.rings[k]; r == nil || !r.kept {
			p.broken("OpenVC of %s with the rings of %s, which is %+v", h, k, r)
		}
		delete(p.rings, k)
		p.rings[h] = &ring{}
		return vc.Ports{}, nil
	}
	memory, err := os.Open(os.DevNull)
	if err != nil {
		return vc.Ports{}, fmt.Errorf("sim: ring of %s: %w", h, err)
	}
	doorbell, err := os.Open(os.DevNull)
	if err != nil {
		return vc.Ports{}, fmt.Errorf("sim: doorbell of %s: %w", h, err)
	}
	p.rings[h] = &ring{}
	p.files = append(p.files, memory, doorbell)
	return vc.Ports{Memory: memory, Doorbell: doorbell}, nil
}

// Activate implements signalling.Plane.
func (p *Plane) Activate(id vc.ID, h vc.Handle, spec vc.BranchSpec) error {
	p.activating(h)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note("Activate %s %s", id, h)
	r := p.rings[h]
	switch {
	case p.activateErr != nil:
		return p.activateErr
	case r == nil:
		return fmt.Errorf("sim: VC %s has no rings", h)
	case !id.Callable():
		p.broken("Activate of %s, which calls may not use", id)
	}
	if b := p.branches[id]; b != nil {
		if b.vc != h {
			p.broken("Activate of %s for %s, which is that of %s", id, h, b.vc)
		}
		return nil
	}
	for other, b := range p.branches {
		if b.vc == h && (!spec.Multipoint || !b.copies) {
			p.broken("Activate of %s for %s, which has %s", id, h, other)
		}
	}
	r.branches++
	p.branches[id] = &branch{vc: h, copies: spec.Multipoint, receives: map[vc.Handle]bool{h: true}, removed: make(chan struct{})}
	return nil
}

// Join implements signalling.Plane.
func (p *Plane) Join(id vc.ID, h vc.Handle) error {
	p.activating(h)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note("Join %s %s", id, h)
	r, b := p.rings[h], p.branches[id]
	switch {
	case p.activateErr != nil:
		return p.activateErr
	case r == nil:
		return fmt.Errorf("sim: VC %s has no rings", h)
	case b == nil:
		return fmt.Errorf("sim: channel %s is not active", id)
	case r.branches > 0:
		p.broken("Join of %s by %s, which has a branch", id, h)
	}
	r.branches++
	b.receives[h] = true
	return nil
}

// Leave implements signalling.Plane.
func (p *Plane) Leave(id vc.ID, h vc.Handle, done func(vc.DrainReport)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note("Leave %s %s", id, h)
	b := p.branches[id]
	if b == nil || !b.receives[h] {
		p.broken("Leave of %s by %s, which is not on it", id, h)
		done(vc.DrainReport{})
		return
	}
	b.receives[h] = false
	time.AfterFunc(quiesce, func() {
		p.mu.Lock()
		if _, there := b.receives[h]; there {
			p.off(b, h)
		}
		p.mu.Unlock()
		done(vc.DrainReport{})
	})
}

// off takes a VC off a branch.
func (p *Plane) off(b *branch, h vc.Handle) {
	delete(b.receives, h)
	if r := p.rings[h]; r != nil {
		r.branches--
	}
}

// OpenTransmit implements signalling.Plane.
func (p *Plane) OpenTransmit(id vc.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note("OpenTransmit %s", id)
	if b := p.branches[id]; b != nil {
		b.transmit = true
	} else {
		p.broken("OpenTransmit of %s, which is not active", id)
	}
}

// Drain implements signalling.Plane: it lasts for the plane's drain time, or
// linger if that is shorter, and finds one SDU to send.
func (p *Plane) Drain(id vc.ID, linger time.Duration, done func(vc.DrainReport)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note("Drain %s", id)
	b := p.branches[id]
	if b == nil {
		p.broken("Drain of %s, which is not active", id)
		return
	}
	r := vc.DrainReport{Sent: 1}
	if linger < p.drain {
		r = vc.DrainReport{Dropped: 1}
	}
	go func() {
		t := time.NewTimer(min(linger, p.drain))
		defer t.Stop()
		select {
		case <-t.C:
		case <-b.removed:
			r = vc.DrainReport{Dropped: 1}
		}
		done(r)
	}()
}

// Deactivate implements signalling.Plane.
func (p *Plane) Deactivate(id vc.ID, quiet bool, done func(vc.DrainReport)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note("Deactivate %s", id)
	b := p.branches[id]
	if b == nil {
		p.broken("Deactivate of %s, which is not active", id)
		done(vc.DrainReport{})
		return
	}
	close(b.removed)
	delete(p.branches, id)
	if !quiet {
		p.deactivated(b)
		done(vc.DrainReport{})
		return
	}
	time.AfterFunc(quiesce, func() {
		p.mu.Lock()
		p.deactivated(b)
		p.mu.Unlock()
		done(vc.DrainReport{})
	})
}

func (p *Plane) deactivated(b *branch) {
	for h := range b.receives {
		p.off(b, h)
	}
}

// EndVC implements signalling.Plane.
func (p *Plane) EndVC(h vc.Handle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note("EndVC %s", h)
	if r := p.rings[h]; r == nil || r.eof {
		p.broken("EndVC of %s, which is not open or ended already", h)
	} else {
		r.eof = true
	}
}

// CloseVC implements signalling.Plane.
func (p *Plane) CloseVC(h vc.Handle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note("CloseVC %s", h)
	if r := p.rings[h]; r == nil || !r.eof || r.branches > 0 {
		p.broken("CloseVC of %s, which is %+v", h, r)
	}
	delete(p.rings, h)
}

// KeepVC implements signalling.Plane.
func (p *Plane) KeepVC(h vc.Handle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note("KeepVC %s", h)
	r := p.rings[h]
	if r == nil || !r.eof || r.branches > 0 || r.kept {
		p.broken("KeepVC of %s, which is %+v", h, r)
		return
	}
	r.kept = true
}

// Traffic implements signalling.Plane.
func (p *Plane) Traffic(h vc.Handle) (vc.Traffic, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return vc.Traffic{}, p.rings[h] != nil
}

// Copies implements signalling.Plane.
func (p *Plane) Copies(id vc.ID) (vc.Copies, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.branches[id]
	return vc.Copies{}, b != nil && b.copies
}

// LinkCounters implements signalling.Plane.
func (*Plane) LinkCounters(vc.LinkID) []vc.Counter { return nil }
