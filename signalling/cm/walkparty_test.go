package cm_test

import (
	"maps"
	"slices"

	"pgregory.net/rapid"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
)

// A script keeps of a point-to-multipoint call what its parties are at: "adding" and "active" at the root,
// "offered", "accepted" and "active" at a leaf.

// serveParty takes a request about a party.
func (s *script) serveParty(q primitive.Request) {
	switch q := q.(type) {
	case primitive.AddPartyReq:
		if s.calls[q.Call] != "active" {
			s.say(primitive.DropPartyConf{Call: q.Call, Party: q.Party, Cause: ie.Cause{Value: ie.CauseMessageNotCompatible}})
			return
		}
		s.parties[q.Call][q.Party] = "adding"
	case primitive.AcceptPartyReq:
		if s.parties[q.Call][q.Party] != "" {
			s.parties[q.Call][q.Party] = "accepted"
		}
	case primitive.RejectPartyReq:
		s.dropped(q.Call, q.Party, q.Cause, true)
	case primitive.DropPartyReq:
		s.dropped(q.Call, q.Party, q.Cause, true)
	}
}

// dropped ends a party, and its call with the last one that it has.
func (s *script) dropped(call primitive.CallID, party primitive.PartyID, c ie.Cause, asked bool) {
	there := s.parties[call][party] != ""
	adding := s.parties[call][party] == "adding"
	delete(s.parties[call], party)
	last := there && len(s.parties[call]) == 0
	switch {
	case asked || adding:
		s.say(primitive.DropPartyConf{Call: call, Party: party, Cause: c})
	case there && !last:
		s.say(primitive.DropPartyInd{Call: call, Party: party, Cause: c})
	}
	if last {
		s.endParties(call, c)
		delete(s.calls, call)
		s.say(primitive.ReleaseInd{Call: call, Cause: c})
	}
}

// endParties gives the answers that parties of an ending call are due.
func (s *script) endParties(call primitive.CallID, c ie.Cause) {
	for _, p := range slices.Sorted(maps.Keys(s.parties[call])) {
		if s.parties[call][p] == "adding" {
			s.say(primitive.DropPartyConf{Call: call, Party: p, Cause: c})
		}
	}
	delete(s.parties, call)
}

// actParty lets a party of a call go on, or one more come to a leaf. It reports whether the call has any.
func (s *script) actParty(t *rapid.T, call primitive.CallID, c ie.Cause) bool {
	parties := slices.Sorted(maps.Keys(s.parties[call]))
	if len(parties) == 0 || s.calls[call] == "setup" {
		return false
	}
	i := rapid.IntRange(0, len(parties)).Draw(t, "party")
	if i == len(parties) {
		if call&primitive.IncomingCall != 0 {
			s.lastParty++
			party := primitive.AddedParty | s.lastParty
			s.parties[call][party] = "offered"
			s.say(primitive.AddPartyInd{Call: call, Party: party, Params: leafParams(rapid.Uint8Range(6, 9).Draw(t, "selector"))})
		}
		return true
	}
	p := parties[i]
	switch at := s.parties[call][p]; {
	case rapid.IntRange(0, 2).Draw(t, "drop") == 0:
		s.dropped(call, p, c, false)
	case at == "adding":
		s.parties[call][p] = "active"
		s.say(primitive.AddPartyConf{Call: call, Party: p, Params: leafParams(0)})
	case at == "accepted":
		s.parties[call][p] = "active"
		s.say(primitive.CompleteInd{Call: call, Party: p})
	}
	return true
}

// partyActions are what clients do with parties.
func (w *walk) partyActions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"call parties": func(t *rapid.T) {
			id := w.live(t)
			w.send(id, cm.MakeCall{VC: w.handle(t, id), Called: leafAddr(t), Multipoint: true})
		},
		"add party": func(t *rapid.T) {
			id := w.live(t)
			w.send(id, cm.AddParty{VC: w.handle(t, id), Called: leafAddr(t)})
		},
		"drop party": func(t *rapid.T) {
			id := w.live(t)
			h := w.handle(t, id)
			if ps := w.m.PartyHandles(); len(ps) > 0 {
				h = rapid.SampledFrom(ps).Draw(t, "party")
				if rapid.IntRange(0, 4).Draw(t, "own") > 0 {
					id = w.m.PartyOwner(h)
				}
			}
			if w.clients[id] {
				w.send(id, cm.DropParty{Party: h})
			}
		},
	}
}

// leafAddr returns an address on one of three links.
func leafAddr(t *rapid.T) string {
	return rapid.SampledFrom([]string{peerAddr.String(), "4700050000000000000000000000000000000000", "4700060000000000000000000000000000000000"}).Draw(t, "leaf")
}

// oneParty returns the parties of a call that has its first.
func oneParty(at string) map[primitive.PartyID]string {
	parties := make(map[primitive.PartyID]string)
	parties[primitive.FirstParty] = at
	return parties
}
