package vc

import "fmt"

const (
	// callVCIs are the channels of one path that calls may use.
	callVCIs = 1<<16 - int(MinCallVCI)
	// pageChannels are the channels of one page of an allocator's table.
	pageChannels = 256
)

// The causes of a refusal (Q.2610), which the signalling puts into its cause
// element.
const (
	// CauseVCINotAvailable is "requested VPCI/VCI not available".
	CauseVCINotAvailable uint8 = 35
	// CauseCellRate is "user cell rate not available".
	CauseCellRate uint8 = 37
	// CauseNoVCI is "no VPCI/VCI available".
	CauseNoVCI uint8 = 45
	// CauseResources is "resource unavailable, unspecified".
	CauseResources uint8 = 47
)

// RefusedError tells why a link has no room for a call.
type RefusedError struct {
	// Cause is the Q.2610 cause to clear the call with.
	Cause uint8
	// Reason says it in words.
	Reason string
}

// Error implements error.
func (e *RefusedError) Error() string { return "vc: refused: " + e.Reason }

// channelState is what an allocator knows of one channel. The zero value is a
// channel that no call has used yet.
type channelState uint8

const (
	fresh channelState = iota
	busy
	idle // used before; in its path's list
)

// channel is one channel of a path. The neighbours in the list of idle
// channels are VCIs; 0 ends the list, which no call can use.
type channel struct {
	prev, next VCI
	state      channelState
}

// path is the table of one VPI. Its pages come into being when they are first
// touched. The idle channels form a list from the one that has been idle
// longest to the one freed last.
type path struct {
	pages        [(1 << 16) / pageChannels]*[pageChannels]channel
	next         int // channels below were fresh once; 1<<16 at the end
	busy         int
	oldest, last VCI
}

// Allocator hands out the channels of one link to calls: VPI 0 before the
// others, and within a path the channel that has been unused longest, one that
// no call has used yet before all others. So a straggler of a dead call meets
// nobody. Every method takes constant time (amortised: [Allocator.Allocate]
// steps once over each channel that was reserved by number).
//
// An Allocator belongs to one goroutine. Its memory grows with the channels
// that have been in use at once.
//
//	fresh --Allocate, Reserve--> busy --Release--> idle (at the end of the list)
//	                              ^                 |
//	                              +--- Allocate ----+ (from its front), Reserve
type Allocator struct {
	link  LinkID
	paths [int(MaxVPI) + 1]*path
	busy  int
}

// NewAllocator returns the allocator of a link, with all channels unused.
func NewAllocator(link LinkID) *Allocator { return &Allocator{link: link} }

// Allocate takes a channel. It fails with a *[RefusedError] of cause 45 when
// every channel is busy.
func (a *Allocator) Allocate() (ID, error) {
	for vpi := range a.paths {
		if a.path(VPI(vpi)).busy < callVCIs {
			return a.AllocateOn(VPI(vpi))
		}
	}
	return ID{}, &RefusedError{Cause: CauseNoVCI, Reason: "every VPI/VCI of the link is in use"}
}

// AllocateOn takes a channel of one path. It fails with a *[RefusedError] of
// cause 45 when all are busy or there is no such path.
func (a *Allocator) AllocateOn(vpi VPI) (ID, error) {
	if vpi > MaxVPI || a.path(vpi).busy == callVCIs {
		return ID{}, &RefusedError{Cause: CauseNoVCI, Reason: fmt.Sprintf("every VCI of VPI %d is in use", vpi)}
	}
	p := a.path(vpi)
	vci := p.longestUnused()
	p.take(vci)
	a.busy++
	return ID{Link: a.link, VPI: vpi, VCI: vci}, nil
}

// Reserve takes one certain channel. It fails with a *[RefusedError] of cause
// 35 when the channel is busy, belongs to another link or is none that a call
// may use.
func (a *Allocator) Reserve(id ID) error {
	if id.Link != a.link || !id.Callable() {
		return &RefusedError{Cause: CauseVCINotAvailable, Reason: fmt.Sprintf("VPI/VCI %d/%d is none for calls", id.VPI, id.VCI)}
	}
	p := a.path(id.VPI)
	if p.at(id.VCI).state == busy {
		return &RefusedError{Cause: CauseVCINotAvailable, Reason: fmt.Sprintf("VPI/VCI %d/%d is in use", id.VPI, id.VCI)}
	}
	p.take(id.VCI)
	a.busy++
	return nil
}

// Release gives a channel back. It reports whether the channel was busy; if
// not, nothing changes.
func (a *Allocator) Release(id ID) bool {
	if !a.Busy(id) {
		return false
	}
	a.paths[id.VPI].free(id.VCI)
	a.busy--
	return true
}

// Busy reports whether a channel is taken.
func (a *Allocator) Busy(id ID) bool {
	if id.Link != a.link || !id.Callable() || a.paths[id.VPI] == nil {
		return false
	}
	return a.paths[id.VPI].at(id.VCI).state == busy
}

// InUse returns how many channels are taken.
func (a *Allocator) InUse() int { return a.busy }

func (a *Allocator) path(vpi VPI) *path {
	if a.paths[vpi] == nil {
		a.paths[vpi] = &path{next: int(MinCallVCI)}
	}
	return a.paths[vpi]
}

// at returns the entry of a channel and makes its page if need be.
func (p *path) at(vci VCI) *channel {
	pg := &p.pages[vci/pageChannels]
	if *pg == nil {
		*pg = new([pageChannels]channel)
	}
	return &(*pg)[vci%pageChannels]
}

// longestUnused returns a channel that is not busy; there is one.
func (p *path) longestUnused() VCI {
	for ; p.next < 1<<16; p.next++ {
		if vci := VCI(p.next); p.at(vci).state == fresh {
			return vci
		}
	}
	return p.oldest
}

// take makes a channel busy.
func (p *path) take(vci VCI) {
	c := p.at(vci)
	if c.state == idle {
		p.unlink(c)
	}
	*c = channel{state: busy}
	p.busy++
}

// free puts a busy channel at the end of the idle ones.
func (p *path) free(vci VCI) {
	*p.at(vci) = channel{state: idle, prev: p.last}
	if p.last != 0 {
		p.at(p.last).next = vci
	} else {
		p.oldest = vci
	}
	p.last = vci
	p.busy--
}

// unlink takes an idle channel out of the list.
func (p *path) unlink(c *channel) {
	if c.prev != 0 {
		p.at(c.prev).next = c.next
	} else {
		p.oldest = c.next
	}
	if c.next != 0 {
		p.at(c.next).prev = c.prev
	} else {
		p.last = c.prev
	}
}
