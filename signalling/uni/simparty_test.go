package uni_test

import (
	"fmt"
	"slices"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// clientParty is what a client of a simulation knows of a party.
type clientParty struct {
	adding bool // AddPartyReq has no answer yet
	asked  bool // DropPartyReq or RejectPartyReq has been sent
	active bool
	ended  int
}

// begin enters a party of a call.
func (c *client) begin(call primitive.CallID, id primitive.PartyID) *clientParty {
	k := c.calls[call]
	if k.parties == nil {
		k.parties = make(map[primitive.PartyID]*clientParty)
	}
	if k.parties[id] != nil {
		c.fail("party %x of call %x appears twice", id, call)
	}
	p := &clientParty{}
	k.parties[id] = p
	return p
}

// live returns a party that has not ended, or fails.
func (c *client) live(call primitive.CallID, id primitive.PartyID, what primitive.Indication) *clientParty {
	k := c.calls[call]
	if k == nil || k.ended > 0 || k.parties[id] == nil || k.parties[id].ended > 0 {
		c.fail("%+v for %+v", what, k)
		return &clientParty{}
	}
	return k.parties[id]
}

// onParty takes an indication of a party.
func (c *client) onParty(i primitive.Indication) {
	switch i := i.(type) {
	case primitive.AddPartyInd:
		c.begin(i.Call, i.Party)
		c.answerParty(i)
	case primitive.PartyProceedingInd:
		if p := c.live(i.Call, i.Party, i); !p.adding {
			c.fail("%+v for %+v", i, p)
		}
	case primitive.AddPartyConf:
		p := c.live(i.Call, i.Party, i)
		if !p.adding && i.Party != primitive.FirstParty || p.active && i.Party != c.calls[i.Call].connected {
			c.fail("%+v for %+v", i, p)
		}
		p.adding, p.active = false, true
		c.dropLater(i.Call, i.Party)
	case primitive.DropPartyInd:
		p := c.live(i.Call, i.Party, i)
		if p.adding {
			c.fail("%+v for %+v", i, p)
		}
		p.ended++
	case primitive.DropPartyConf:
		// The end of the party may have crossed the request.
		k := c.calls[i.Call]
		p := k.parties[i.Party]
		if p == nil || !p.asked && !p.adding {
			c.fail("%+v for %+v", i, p)
			return
		}
		p.adding, p.asked = false, false
		p.ended++
	}
}

// answerParty accepts, refuses or forgets a party.
func (c *client) answerParty(i primitive.AddPartyInd) {
	wait := time.Duration(0)
	if c.h.w.rng.IntN(2) == 0 {
		wait = c.time(3 * time.Second)
	}
	verdict := c.h.w.rng.IntN(8)
	c.h.later(wait, func() {
		k := c.calls[i.Call]
		p := k.parties[i.Party]
		switch {
		case k.ended > 0 || p.ended > 0:
		case verdict == 0:
			p.asked = true
			c.h.ask(primitive.RejectPartyReq{Call: i.Call, Party: i.Party, Cause: cause(ie.CauseUserBusy)})
		case verdict == 1: // forgotten
		default:
			c.vc++
			c.h.ask(primitive.AcceptPartyReq{Call: i.Call, Party: i.Party, VC: vc.Handle(1<<40 + c.vc), Params: i.Params})
			c.dropLater(i.Call, i.Party)
		}
	})
}

// dropLater drops a party some time, or keeps it.
func (c *client) dropLater(call primitive.CallID, id primitive.PartyID) {
	if c.h.w.rng.IntN(2) == 0 {
		c.h.later(c.time(10*time.Second), func() { c.drop(call, id) })
	}
}

func (c *client) drop(call primitive.CallID, id primitive.PartyID) {
	k := c.calls[call]
	if k == nil || k.ended > 0 || k.asked || k.parties[id] == nil || k.parties[id].ended > 0 || k.parties[id].asked {
		return
	}
	k.parties[id].asked = true
	c.h.ask(primitive.DropPartyReq{Call: call, Party: id, Cause: cause(ie.CauseNormalClearing), Linger: c.time(time.Second)})
}

// grow adds parties to an active call of this side for a while.
func (c *client) grow(call primitive.CallID) {
	k := c.calls[call]
	for range c.h.w.rng.IntN(6) {
		k.made++
		id := k.made
		c.h.later(c.time(5*time.Second), func() {
			if k.ended > 0 || k.asked {
				return
			}
			c.begin(call, id).adding = true
			p := primitive.Params{Called: addrOf(c.h.peer.mac).WithSelector(byte(id))}
			if c.h.w.rng.IntN(20) == 0 {
				p.Called = addrOf(vc.MAC{2, 9, 9, 9, 9, 9})
			}
			c.h.ask(primitive.AddPartyReq{Call: call, Party: id, Params: p})
			if c.h.w.rng.IntN(6) == 0 {
				c.h.later(c.time(30*time.Millisecond), func() { c.drop(call, id) })
			}
		})
	}
}

// checkParties checks that no answer about a party is due any more. One may
// follow the end of the call, if that has crossed the request.
func (c *client) checkParties(call primitive.CallID) {
	for id, p := range c.calls[call].parties {
		if p.adding || p.asked {
			c.fail("party %x of call %x has had no answer: %+v", id, call, p)
		}
	}
}

// partyRefs are the parties of a row, as both ends show them.
func partyRefs(r uni.CallRow) string {
	var refs []string
	for _, p := range r.Parties {
		refs = append(refs, fmt.Sprintf("%d:%s", p.EndpointRef, p.State))
	}
	slices.Sort(refs)
	return fmt.Sprint(refs)
}
