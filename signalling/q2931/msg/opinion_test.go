package msg_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// A second opinion on a message: what the rules of Q.2931 5.6 and 5.7 make of it in an edition of
// the UNI, when another codec has said which of its elements are good. It shares no table with the
// codec: what the editions have is written down here once more.

// The messages of UNI 3.0 and 3.1, each with its elements (UNI 3.1 5.3). What else UNI 4.0 has is
// not there.
var uni3Elements = map[byte]string{
	byte(msg.Setup):           "58 59 5e 5d 63 5f 70 71 6c 6d 5a 5c 62 78 54",
	byte(msg.CallProceeding):  "5a 54",
	byte(msg.Connect):         "58 5f 5a 54",
	byte(msg.ConnectAck):      "",
	byte(msg.Release):         "08",
	byte(msg.ReleaseComplete): "08",
	byte(msg.Status):          "14 08 54 55",
	byte(msg.StatusEnquiry):   "54",
	byte(msg.Restart):         "5a 79",
	byte(msg.RestartAck):      "5a 79",
	byte(msg.AddParty):        "58 5d 5f 70 71 6c 6d 62 78 54",
	byte(msg.AddPartyAck):     "54 58 5f",
	byte(msg.AddPartyReject):  "08 54",
	byte(msg.DropParty):       "08 54",
	byte(msg.DropPartyAck):    "54 08",
}

// mandatoryElements are those that a message must always carry. Conditions are in missing.
var mandatoryElements = map[byte][]ie.ID{
	byte(msg.Setup):            {0x59, 0x5e, 0x70, 0x5c, 0x54},
	byte(msg.Release):          {0x08},
	byte(msg.Status):           {0x14, 0x08, 0x55},
	byte(msg.Notify):           {0x27},
	byte(msg.Restart):          {0x5a, 0x79},
	byte(msg.RestartAck):       {0x5a, 0x79},
	byte(msg.AddParty):         {0x70, 0x54},
	byte(msg.AddPartyAck):      {0x54},
	byte(msg.PartyAlerting):    {0x54},
	byte(msg.AddPartyReject):   {0x08, 0x54},
	byte(msg.DropParty):        {0x08, 0x54},
	byte(msg.DropPartyAck):     {0x54},
	byte(msg.ModifyRequest):    {0x59},
	byte(msg.ModifyReject):     {0x08},
	byte(msg.LeafSetupFailure): {0x08, 0xea},
	byte(msg.LeafSetupRequest): {0x6c, 0x70, 0xe8, 0xea},
}

// accessElements are access information (Q.2931 5.6.8.2).
var accessElements = []ie.ID{0x58, 0x5d, 0x5f, 0x71, 0x6d, 0x4d, 0x7e}

// opinion is what one says of an element.
type opinion struct {
	id        ie.ID
	kind      string // bad, unknown or missing; empty: good
	act       string // what its instruction field asks for
	raw       []byte
	mandatory bool
}

// uni3Has reports whether UNI 3.x has the element in the message.
func uni3Has(typ msg.Type, id ie.ID) bool {
	return slices.Contains(strings.Fields(uni3Elements[byte(typ)]), fmt.Sprintf("%02x", uint8(id)))
}

// second returns the second opinion on the octets of a message in an edition: on each element that
// is wrong, and on the message. recorded is what the other codec says of the elements, in its words.
func second(in []byte, recorded string, p msg.Profile) (wrong []opinion, r msg.Ruling) {
	typ := msg.Type(in[5])
	_, old := uni3Elements[byte(typ)]
	if recorded == unknownMessage || p.UNI3() && !old {
		return nil, second97(in)
	}
	list := elementsOf(in, recorded)
	for i := range list {
		o := &list[i]
		switch {
		case o.id == 0x60 || o.id == 0x61: // shifts are of every message
		case p.UNI3() && !uni3Has(typ, o.id):
			o.kind = "unknown"
		case o.kind == "" && typ == msg.Setup && o.id == 0x54 && p != msg.UNI30 && o.raw[5]&0x80 != 0 && multipoint(list):
			o.kind = "bad" // Q.2971: the root allocates the reference of the first party
		case o.kind == "" && o.id == 0x5a && restartsAll(list):
			o.kind = "unknown" // Q.2931 5.5.1: a restart of all names no channel
		}
	}
	list = append(list, missing(typ, list, p)...)
	r = rule(typ, list)
	length := int(binary.BigEndian.Uint16(in[7:]))
	if p == msg.UNI31 && length != len(in)-msg.HeaderLen && r.Decision == msg.Accept && typ != msg.ReleaseComplete {
		r = msg.Ruling{Decision: msg.AcceptAndReport, Cause: 104}
	}
	return slices.DeleteFunc(list, func(o opinion) bool { return o.kind == "" }), r
}

// unknownMessage stands for a message whose type the other codec does not know.
const unknownMessage = "unknown message"

// second97 is what is done with a message of unknown type (Q.2931 5.6.4, 5.7.1).
func second97(in []byte) msg.Ruling {
	switch in[6] & 0x13 {
	case 0x10:
		return msg.Ruling{Decision: msg.ClearCall, Cause: 97, Diagnostics: in[5:6]}
	case 0x11:
		return msg.Ruling{Decision: msg.DiscardSilently}
	}
	return msg.Ruling{Decision: msg.DiscardAndReport, Cause: 97, Diagnostics: in[5:6]}
}

// elementsOf takes the octets apart and says of each element what is recorded.
func elementsOf(in []byte, recorded string) (list []opinion) {
	said := append(strings.Fields(theirFindings(recorded)), "")
	for off := msg.HeaderLen; off < len(in); {
		end := len(in)
		if len(in)-off >= 4 {
			end = min(end, off+4+int(binary.BigEndian.Uint16(in[off+2:])))
		}
		o := opinion{id: ie.ID(in[off]), act: "default", raw: in[off:end]}
		if len(o.raw) > 1 && o.raw[1]&0x10 != 0 {
			o.act = [...]string{"clear", "ignore", "report", "report", "report", "msg-ignore", "msg-report", "report"}[o.raw[1]&7]
		}
		off = end
		if name, kind, _ := strings.Cut(said[0], "="); name == fmt.Sprintf("%02x", uint8(o.id)) {
			o.kind = strings.TrimSuffix(kind, "-content")
			said = said[1:]
		}
		if len(o.raw) != 4 || o.kind != "" { // without contents it is as if it were not there
			list = append(list, o)
		}
	}
	return list
}

// good returns an element that is good, or nil.
func good(list []opinion, id ie.ID) []byte {
	for _, o := range list {
		if o.id == id && o.kind == "" {
			return o.raw
		}
	}
	return nil
}

// multipoint reports whether the bearer capability is point-to-multipoint.
func multipoint(list []opinion) bool {
	b := good(list, 0x5e)
	return b != nil && b[len(b)-1]&3 == 1
}

// restartsAll reports whether the restart indicator is of class 2.
func restartsAll(list []opinion) bool {
	b := good(list, 0x79)
	return b != nil && b[4]&7 == 2
}

// missing returns the mandatory elements that the message does not have, and marks those that it
// must have.
func missing(typ msg.Type, list []opinion, p msg.Profile) (lacks []opinion) {
	for _, id := range mandatoryElements[byte(typ)] {
		switch {
		case id == 0x5c && good(list, 0xec) != nil && !p.UNI3():
			continue
		case id == 0x54 && typ == msg.Setup && !multipoint(list):
			continue
		case id == 0x55 && good(list, 0x54) == nil:
			continue
		case id == 0x5a && (good(list, 0x79) == nil || restartsAll(list)):
			continue
		}
		there := false
		for i := range list {
			if list[i].id == id && list[i].kind != "unknown" {
				list[i].mandatory, there = true, true
			}
		}
		if !there {
			lacks = append(lacks, opinion{id: id, kind: "missing", mandatory: true})
		}
	}
	return lacks
}

// step is a rule of Q.2931 5.6 and 5.7: the elements to which it applies make the decision.
type step struct {
	applies  func(o opinion) bool
	decision msg.Decision
	cause    ie.CauseValue
}

var steps = []step{
	{func(o opinion) bool { return o.kind == "missing" }, msg.DiscardAndReport, 96},
	{func(o opinion) bool { return o.kind == "unknown" && o.act == "clear" }, msg.ClearCall, 99},
	{func(o opinion) bool { return o.kind == "bad" && o.act == "clear" }, msg.ClearCall, 100},
	{func(o opinion) bool { return o.kind == "unknown" && o.act == "msg-report" }, msg.DiscardAndReport, 99},
	{func(o opinion) bool { return o.kind == "bad" && o.act == "msg-report" }, msg.DiscardAndReport, 100},
	{func(o opinion) bool { return o.kind != "" && o.act == "msg-ignore" }, msg.DiscardSilently, 0},
	{func(o opinion) bool { return o.kind == "bad" && o.mandatory }, msg.DiscardAndReport, 100},
	{func(o opinion) bool { return o.kind == "bad" && o.act != "ignore" }, msg.AcceptAndReport, 100},
	{func(o opinion) bool { return o.kind == "unknown" && o.act != "ignore" }, msg.AcceptAndReport, 99},
}

// rule tries the rules one after the other, and says what the first that applies leads to.
func rule(typ msg.Type, list []opinion) msg.Ruling {
	partyGone := typ == msg.AddPartyReject || typ == msg.DropParty || typ == msg.DropPartyAck
	for i, s := range steps {
		var to []byte
		access := true
		for _, o := range list {
			tolerated := partyGone && o.id == 0x08 && o.mandatory // signalling.md 8.5: no cause is 31
			if s.applies(o) && !tolerated && !slices.Contains(to, byte(o.id)) {
				to = append(to, byte(o.id))
				access = access && slices.Contains(accessElements, o.id)
			}
		}
		if to != nil {
			r := msg.Ruling{Decision: s.decision, Cause: s.cause, Diagnostics: to[:min(len(to), 28)]}
			if i == 7 && access {
				r.Cause = 43
			}
			return decisionFor(typ, r, i == 0 || i == 6, good(list, 0x54) != nil)
		}
	}
	return msg.Ruling{}
}

// decisionFor turns the general decision into that on a message of the type: signalling.md 8.3 on
// SETUP and the clearing messages, 8.5 on those of parties. mandatory tells that a mandatory element
// is to blame, party that the message names one.
func decisionFor(typ msg.Type, r msg.Ruling, mandatory, party bool) msg.Ruling {
	ofParty := mandatory && slices.Contains(r.Diagnostics, 0x54)
	switch {
	case typ == msg.ReleaseComplete, typ == msg.Release && r.Decision == msg.DiscardSilently:
		r = msg.Ruling{}
	case typ == msg.Release:
		r.Decision = msg.AcceptAndReport
	case typ == msg.Setup && (mandatory || r.Decision == msg.ClearCall), typ == msg.AddParty && mandatory && !ofParty && party:
		r.Decision = msg.Reject
	case (typ == msg.AddPartyReject || typ == msg.DropParty || typ == msg.DropPartyAck) && ofParty:
		r.Decision = msg.ClearCall
	}
	if r.Decision == msg.DiscardSilently {
		r.Cause, r.Diagnostics = 0, nil
	}
	return r
}
