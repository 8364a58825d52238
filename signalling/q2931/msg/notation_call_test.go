package msg_test

import (
	"fmt"
	"strings"

	"callmanager/signalling/q2931/ie"
)

func (n *notator) aal(a *ie.AAL) {
	n.printf(" aal.type=%s", map[ie.AALType]string{
		ie.AALVoice: "0", ie.AAL1: "1", ie.AAL2: "2", ie.AAL34: "3/4", ie.AAL5: "5", ie.AALUser: "USER",
	}[a.Type])
	switch a.Type {
	case ie.AALUser:
		s := make([]string, a.UserLen)
		for i, o := range a.User[:a.UserLen] {
			s[i] = fmt.Sprint(o)
		}
		n.printf(" aal.user.info=(%s)", strings.Join(s, ","))
	case ie.AAL1:
		n.aal1(a)
	case ie.AAL34, ie.AAL5:
		name := "aal.4"
		if a.Type == ie.AAL5 {
			name = "aal.5"
		}
		if a.FwdMaxSDU.Present {
			n.printf(" %s.cpcs=%s", name, pair(a.FwdMaxSDU, a.BwdMaxSDU))
		}
		if a.MID.Present {
			n.printf(" %s.mid=(%d,%d)", name, a.MID.Value.Low, a.MID.Value.High)
		}
		if a.SSCS.Present {
			n.printf(" %s.sscs=%s", name, map[ie.SSCSType]string{
				ie.SSCSNull: "null", ie.SSCSAssured: "sscopa", ie.SSCSUnassured: "sscopu", ie.SSCSFrameRelay: "frame",
			}[a.SSCS.Value])
		}
	case ie.AALVoice, ie.AAL2:
	}
}

func (n *notator) aal1(a *ie.AAL) {
	n.printf(" aal.1.subtype=%s aal.1.cbr_rate=%s",
		[...]string{"null", "voice", "circuit", "async", "hqaudio", "video"}[a.Subtype.Value],
		[256]string{
			ie.CBR44736: "44736(DS3)", ie.CBR97728: "97728", ie.CBR2048: "2048(E1)", ie.CBR139264: "139264",
			ie.CBR32064: "32064", ie.CBR64: "64",
		}[a.CBRRate.Value])
	if a.ClockRecovery.Present {
		n.printf(" aal.1.screc=%s", [...]string{"null", "srts", "aclk"}[a.ClockRecovery.Value])
	}
	if a.ErrorCorrection.Present {
		n.printf(" aal.1.ecm=%s", [...]string{"null", "loss", "delay"}[a.ErrorCorrection.Value])
	}
	if a.SDTBlock.Present {
		n.printf(" aal.1.bsize=%d", a.SDTBlock.Value)
	}
	if a.PartialFill.Present {
		n.printf(" aal.1.part=%d", a.PartialFill.Value)
	}
}

func (n *notator) bearer(r *ie.Bearer) {
	n.printf(" bearer.class=%s", map[ie.BearerClass]string{
		ie.BCOBA: "bcob-A", ie.BCOBC: "bcob-C", ie.BCOBX: "bcob-X", ie.TransparentVP: "tvp",
	}[r.Class])
	if r.ATC.Present {
		n.printf(" bearer.atc=%s", map[ie.ATC]string{
			0: "x0", 1: "x1", 2: "x2", 4: "x4", 6: "x6", 8: "x8", ie.ATCCBR: "cbr", ie.ATCCBRCLR01: "cbr1",
			ie.ATCRTVBR: "vbr", ie.ATCRTVBR01: "vbr1", ie.ATCNRTVBR: "nvbr", ie.ATCNRTVBR01: "nvbr1", ie.ATCABR: "abr",
		}[r.ATC.Value])
	}
	clip, cfg := "no", "p2p"
	if r.Clipping {
		clip = "yes"
	}
	if r.Config == ie.PointToMultipoint {
		cfg = "mp"
	}
	n.printf(" bearer.clip=%s bearer.cfg=%s", clip, cfg)
}

func (n *notator) blli(l *ie.BLLI) {
	if l.Layer1.Present {
		n.printf(" blli.l1=%d", l.Layer1.Value)
	}
	if p := l.Layer2.Protocol; p != 0 {
		n.printf(" blli.l2=%s", map[ie.Layer2Protocol]string{
			ie.L2ISO1745: "basic", ie.L2Q921: "Q921", ie.L2X25Link: "X25-LL", ie.L2X25Multi: "X25-ML",
			ie.L2LAPB: "LAPB", ie.L2HDLCARM: "HDLC-ARM", ie.L2HDLCNRM: "HDLC-NRM", ie.L2HDLCABM: "HDLC-ABM",
			ie.L2LLC: "LAN", ie.L2X75SLP: "X75", ie.L2Q922: "Q922", ie.L2User: "user", ie.L2ISO7776: "ISO7776",
		}[p])
		if l.Layer2.User.Present {
			n.printf(" blli.l2.proto=%d", l.Layer2.User.Value)
		}
		if l.Layer2.Mode.Present {
			n.printf(" blli.l2.q933=%d blli.l2.mode=%s", l.Layer2.Q933, [...]string{"", "normal", "extended"}[l.Layer2.Mode.Value])
		}
		if l.Layer2.Window.Present {
			n.printf(" blli.l2.wsize=%d", l.Layer2.Window.Value)
		}
	}
	if l.Layer3.Protocol != 0 {
		n.layer3(&l.Layer3)
	}
}

func (n *notator) layer3(l *ie.Layer3) {
	n.printf(" blli.l3=%s", [256]string{
		ie.L3X25: "X25", ie.L3ISO8208: "ISO8208", ie.L3X223: "X223", ie.L3ISO8473: "CLMP", ie.L3T70: "T70",
		ie.L3TR9577: "TR9577", ie.L3User: "user",
	}[l.Protocol])
	if l.User.Present {
		n.printf(" blli.l3.proto=%d", l.User.Value)
	}
	if l.Mode.Present {
		n.printf(" blli.l3.mode=%s", [...]string{"", "normal-seq", "extended-seq"}[l.Mode.Value])
	}
	if l.PacketSize.Present {
		n.printf(" blli.l3.packet-size=%d", 1<<l.PacketSize.Value)
	}
	if l.Window.Present {
		n.printf(" blli.l3.window-size=%d", l.Window.Value)
	}
	if l.IPI.Present {
		n.printf(" blli.l3.ipi=0x%02x", l.IPI.Value)
	}
	if s := l.SNAP; s.Present {
		n.printf(" blli.l3.snap=%x.%04x", s.Value.OUI, s.Value.PID)
	}
}

func (n *notator) cause(c *ie.Cause) {
	n.printf(" cause.cause=%s cause.loc=%s", ngatmCauses[c.Value], [...]string{
		"user", "priv-net:loc-user", "pub-net:loc-user", "transit-net", "pub-net:rem-user",
		"priv-net:rem-user", "int-net", "beyond",
	}[c.Location])
	if d, ok := c.Condition(); ok {
		n.printf(" cause.pu=%s cause.na=%s cause.condition=%s", [...]string{"provider", "user"}[b2i(d.User)],
			[...]string{"normal", "abnormal"}[b2i(d.Abnormal)], [...]string{"unknown", "permanent", "transient"}[d.Duration])
		return
	}
	if d, ok := c.Rejection(); ok {
		n.printf(" cause.reject=%s", [...]string{"user", "ie-missing", "ie-not-suff"}[d.Reason])
		if len(d.More) > 0 {
			n.printf(" cause.ie=%d", d.More[0])
		}
		return
	}
	typ, isType := c.MessageType()
	switch {
	case isType:
		n.printf(" cause.mtype=%d", typ)
	case c.Timer() != "":
		n.printf(" cause.timer=%q", c.Timer())
	case c.Value == ie.CauseCellRateUnavailable && len(c.Diagnostic) > 0:
		n.printf(" cause.traffic=(%s)", hexList(c.Diagnostic))
	case len(c.Diagnostic) > 0:
		n.printf(" cause.ie=(%s)", hexList(c.Diagnostic))
	}
}

func hexList(b []byte) string {
	s := make([]string, len(b))
	for i, o := range b {
		s[i] = fmt.Sprintf("0x%02x", o)
	}
	return strings.Join(s, ",")
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (n *notator) extQoS(q *ie.ExtQoS) {
	cdv := func(o ie.Opt[uint32]) string {
		if o.Present && o.Value == ie.CDVAny {
			return "ANY"
		}
		return number(o)
	}
	clr := func(o ie.Opt[uint8]) string {
		if o.Present && o.Value == ie.CLRAny {
			return "ANY"
		}
		return number(o)
	}
	n.printf(" exqos.origin=%s exqos.acceptable=(%s,%s) exqos.cumulative=%s exqos.clrid=(%s,%s)", origin(q.Origin),
		cdv(q.FwdCDV), cdv(q.BwdCDV), pair(q.FwdCumCDV, q.BwdCumCDV), clr(q.FwdCLR), clr(q.BwdCLR))
}

func (n *notator) delay(d *ie.TransitDelay) {
	n.printf(" eetd.cum=%d", d.Cumulative.Value)
	if d.Max.Present {
		v := fmt.Sprint(d.Max.Value)
		if d.Max.Value == 0xffff {
			v = "any"
		}
		n.printf(" eetd.max=%s", v)
	}
	if d.NetworkGenerated {
		n.printf(" eetd.netgen")
	}
}

func (n *notator) git(g *ie.GIT) {
	n.printf(" git.std=%s", [...]string{"", "dsmcc", "H.245"}[g.Application])
	for i, id := range g.Identifiers {
		n.printf(" git.id.%d=(%s,%s)", i, gitName(id.Type), hexList(id.Value))
	}
}

func gitName(t ie.GITType) string {
	switch t {
	case ie.GITSession:
		return "sess"
	case ie.GITResource:
		return "res"
	}
	return fmt.Sprintf("ERROR(%#02x)", uint8(t))
}

// ngatmCauses are the causes in the words of the golden texts.
var ngatmCauses = [128]string{
	1: "Unallocated_(unassigned)_number", 2: "No_route_to_specified_transit_network",
	3: "No_route_to_destination", 16: "Normal_call_clearing", 17: "User_busy",
	18: "No_user_responding", 19: "No_answer_from_user_(user_alerted)", 21: "Call_rejected",
	22: "Number_changed", 27: "Destination_out_of_order",
	28: "Invalid_number_format_(address_incomplete)", 30: "Response_to_STATUS_ENQUIRY",
	31: "Normal,_unspecified", 34: "No_circuit/channel_available",
	35: "Requested_VPCI/VCI_not_available", 36: "VPCI/VPI_assignment_failure",
	37: "User_cell_rate_not_available", 38: "Network_out_of_order", 41: "Temporary_failure",
	43: "Access_information_discarded", 45: "No_VPCI/VCI_available",
	47: "Resource_unavailable,_unspecified", 49: "Quality_of_service_not_available",
	57: "Bearer_capability_not_authorized", 58: "Bearer_capability_not_presently_available",
	63: "Service_or_option_not_available,_unspecified", 65: "Bearer_capability_not_implemented",
	73: "Unsupported_combination_of_traffic_parameters", 78: "AAL_parameters_cannot_be_supported",
	81: "Invalid_call_reference_value", 82: "Identified_channel_does_not_exist",
	88: "Incompatible_destination", 89: "Invalid_endpoint_reference",
	93: "AAL_parameters_cannot_be_supported",
	91: "Invalid_transit_network_selection", 96: "Mandatory_information_element_is_missing",
	97:  "Message_type_non-existent_or_not_implemented",
	99:  "Information_element/parameter_non-existent_or_not_implemented",
	100: "Invalid_information_element_contents", 101: "Message_not_compatible_with_call_state",
	102: "Recovery_on_timer_expiry", 111: "Protocol_error,_unspecified", 127: "Interworking,_unspecified",
}
