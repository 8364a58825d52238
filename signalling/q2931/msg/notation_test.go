package msg_test

import (
	"fmt"
	"strings"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// notation writes a message as the golden files do, element by element from the fields.
func notation(m *msg.Message, v msg.Verdict) string {
	n := notator{m: m}
	flag := 0
	if m.CallRef.Flag {
		flag = 1
	}
	cref := fmt.Sprint(m.CallRef.Value)
	if m.CallRef.IsGlobal() {
		cref = "GLOBAL"
	}
	act := "default"
	if m.Action.Flag {
		act = [...]string{"clear", "ignore", "report", "report"}[m.Action.Action]
	}
	n.printf("mtype=%s cref=%d.%s act=%s", ngatmTypes[m.Type], flag, cref, act)
	for _, f := range v.Findings {
		if f.Kind == msg.OK || f.ID == ie.IDConnID && f.Kind == msg.Unexpected ||
			m.Type == msg.Setup && f.ID == ie.IDEndpointRef && f.Kind == msg.BadContent {
			n.element(f)
		}
	}
	return n.String()
}

var ngatmTypes = [256]string{
	msg.Setup: "setup", msg.CallProceeding: "call_proc", msg.Alerting: "alerting",
	msg.Connect: "connect", msg.ConnectAck: "connect_ack", msg.Release: "release",
	msg.ReleaseComplete: "release_compl", msg.Restart: "restart", msg.RestartAck: "restart_ack",
	msg.Status: "status", msg.StatusEnquiry: "status_enq", msg.Notify: "notify",
	msg.AddParty: "add_party", msg.AddPartyAck: "add_party_ack",
	msg.AddPartyReject: "add_party_rej", msg.DropParty: "drop_party",
	msg.DropPartyAck: "drop_party_ack", msg.PartyAlerting: "party_alerting",
	msg.ModifyRequest: "modify_req", msg.ModifyAck: "modify_ack", msg.ModifyReject: "modify_rej",
	msg.ConnectionAvailable: "conn_avail", msg.LeafSetupRequest: "leaf_setup_req",
	msg.LeafSetupFailure: "leaf_setup_fail",
}

// notator writes the elements; it counts the copies of those that repeat.
type notator struct {
	strings.Builder
	m    *msg.Message
	seen [256]int
}

func (n *notator) printf(format string, args ...any) { fmt.Fprintf(n, format, args...) }

// copyOf returns which copy of an element the next one is.
func (n *notator) copyOf(id ie.ID) int {
	n.seen[id]++
	return n.seen[id] - 1
}

// element writes the header, then the contents.
func (n *notator) element(f msg.Finding) {
	act := "default"
	if f.Header.Flag {
		act = map[ie.Action]string{
			ie.ActionClear: "clear", ie.ActionDiscard: "ignore", ie.ActionDiscardReport: "report",
			ie.ActionDiscardMessage: "ignore-msg", ie.ActionDiscardMessageReport: "report-msg",
		}[f.Header.Action]
	}
	coding := f.Header.Coding
	if coding == ie.CodingDefault {
		coding = ie.Lookup(f.ID).Coding
	}
	std := [...]string{ie.CodingITU: "itut", ie.CodingNetwork: "atmf"}[coding]
	name := ngatmNames[f.ID]
	n.printf(" %s=(%s,%s)", name, act, std)
	if f.Kind != msg.OK { // judged by the context: only the octets are left
		n.contextual(f)
		return
	}
	if write := notations[f.ID]; write != nil {
		write(n, n.m, name)
	}
}

// notations write the contents of each element.
var notations = [256]func(n *notator, m *msg.Message, name string){
	ie.IDAAL:   func(n *notator, m *msg.Message, _ string) { n.aal(m.AAL) },
	ie.IDTD:    func(n *notator, m *msg.Message, name string) { n.td(name, m.TD) },
	ie.IDAltTD: func(n *notator, m *msg.Message, name string) { n.td(name, m.AltTD) },
	ie.IDMinTD: func(n *notator, m *msg.Message, name string) {
		r, w := &m.MinTD.Fwd, &m.MinTD.Bwd
		n.printf(" %s.pcr0=%s %s.pcr1=%s %s.abr1=%s", name, pair(r.PCR0, w.PCR0), name, pair(r.PCR01, w.PCR01), name, pair(r.MCR01, w.MCR01))
	},
	ie.IDBearer: func(n *notator, m *msg.Message, _ string) { n.bearer(m.Bearer) },
	ie.IDBHLI: func(n *notator, m *msg.Message, _ string) {
		n.printf(" bhli.type=%s bhli.len=%d bhli.info=(", [...]string{"iso", "user", "hlp", "vendor"}[m.BHLI.Type], m.BHLI.Len)
		for _, o := range m.BHLI.Info() {
			n.printf(",0x%02x", o)
		}
		n.printf(")")
	},
	ie.IDBLLI:            func(n *notator, m *msg.Message, _ string) { n.blli(&m.BLLI[n.copyOf(ie.IDBLLI)]) },
	ie.IDCause:           func(n *notator, m *msg.Message, _ string) { n.cause(&m.Causes[n.copyOf(ie.IDCause)]) },
	ie.IDConnID:          func(n *notator, m *msg.Message, _ string) { n.connID(m.ConnID) },
	ie.IDCalledNumber:    func(n *notator, m *msg.Message, name string) { n.number(name, m.Called.Number) },
	ie.IDCallingNumber:   func(n *notator, m *msg.Message, name string) { n.party(name, m.Calling) },
	ie.IDConnectedNumber: func(n *notator, m *msg.Message, name string) { n.party(name, m.ConnectedNumber) },
	ie.IDCalledSub: func(n *notator, m *msg.Message, name string) {
		n.subaddress(name, m.CalledSub[n.copyOf(ie.IDCalledSub)])
	},
	ie.IDCallingSub: func(n *notator, m *msg.Message, name string) {
		n.subaddress(name, m.CallingSub[n.copyOf(ie.IDCallingSub)])
	},
	ie.IDConnectedSub: func(n *notator, m *msg.Message, name string) { n.subaddress(name, *m.ConnectedSub) },
	ie.IDCallState: func(n *notator, m *msg.Message, _ string) {
		s := m.CallState.State
		n.printf(" callstate.state=U%d/N%d", s, s)
		if s == ie.CallNull {
			n.printf("/REST0")
		}
	},
	ie.IDEndpointRef: func(n *notator, m *msg.Message, _ string) { n.epref(m.EndpointRef) },
	ie.IDEndpointState: func(n *notator, m *msg.Message, _ string) {
		n.printf(" epstate.state=%s", [...]string{
			ie.EndpointNull: "null", ie.EndpointAddInitiated: "add-initiated",
			ie.EndpointAlertingDelivered: "alerting-delivered", ie.EndpointAddReceived: "add-received",
			ie.EndpointAlertingReceived: "alerting-received", ie.EndpointActive: "active",
			ie.EndpointDropInitiated: "drop-initiated", ie.EndpointDropReceived: "drop-received",
		}[m.EndpointState.State])
	},
	ie.IDNotification: func(n *notator, m *msg.Message, name string) { n.octets(name, m.Notification.Info) },
	ie.IDUserUser:     func(n *notator, m *msg.Message, name string) { n.octets(name, m.UserUser.Data) },
	ie.IDQoS: func(n *notator, m *msg.Message, _ string) {
		n.printf(" qos.fwd=Class%d qos.bwd=Class%d", m.QoS.Fwd, m.QoS.Bwd)
	},
	ie.IDExtQoS:       func(n *notator, m *msg.Message, _ string) { n.extQoS(m.ExtQoS) },
	ie.IDTransitDelay: func(n *notator, m *msg.Message, _ string) { n.delay(m.TransitDelay) },
	ie.IDTNS: func(n *notator, m *msg.Message, _ string) {
		t := m.TNS[n.copyOf(ie.IDTNS)]
		n.printf(` tns.net=%d,""%s"`, t.Len, t.Digit[:t.Len])
	},
	ie.IDRestart: func(n *notator, m *msg.Message, _ string) {
		n.printf(" restart.class=%s", [...]string{"channel", "path", "all"}[m.Restart.Class])
	},
	ie.IDGIT: func(n *notator, m *msg.Message, _ string) { n.git(&m.GIT[n.copyOf(ie.IDGIT)]) },
	ie.IDLIJCallID: func(n *notator, m *msg.Message, _ string) {
		n.printf(" lij_callid.type=root lij_callid.id=%#x", m.LIJCallID.Value)
	},
	ie.IDLIJParameters: func(n *notator, _ *msg.Message, _ string) { n.printf(" lij_param.screen=netjoin") },
	ie.IDLeafSequence: func(n *notator, m *msg.Message, _ string) {
		n.printf(" lij_seqno.seqno=%#x", m.LeafSequence.Value)
	},
	ie.IDConnectionScope: func(n *notator, m *msg.Message, _ string) {
		n.printf(" cscope.type=org cscope.scope=%s", [...]string{
			"", "local_network", "local_network_plus_one", "local_network_plus_two", "site_minus_one",
			"intra_site", "site_plus_one", "organisation_minus_one", "intra_organisation",
			"organisation_plus_one", "community_minus_one", "intra_community", "community_plus_one",
			"regional", "inter_regional", "global",
		}[m.ConnectionScope.Scope])
	},
	ie.IDReportType: func(n *notator, m *msg.Message, _ string) {
		n.printf(" report.type=%s", [...]string{
			ie.ReportModification: "modconf", ie.ReportClock: "clock", ie.ReportAvailability: "eeavail",
			ie.ReportEndToEndRequest: "eereq", ie.ReportEndToEndDone: "eecompl",
		}[m.ReportType.Type])
	},
	ie.IDMinDesiredCellRate: func(n *notator, m *msg.Message, _ string) {
		r := m.MinDesiredRate
		n.printf(" mdcr.origin=%s mdcr.mdcr=(%d,%d)", origin(r.Origin), r.Fwd.Value, r.Bwd.Value)
	},
}

// contextual writes the two elements that only the context finds wrong.
func (n *notator) contextual(f msg.Finding) {
	if f.ID == ie.IDConnID {
		var c ie.ConnID
		_ = c.ParseContents(f.ID, f.Raw[4:])
		n.connID(&c)
		return
	}
	var r ie.EndpointRef
	_ = r.ParseContents(f.ID, f.Raw[4:])
	n.epref(&r)
}

func (n *notator) epref(r *ie.EndpointRef) {
	flag := 0
	if r.RefFlag {
		flag = 1
	}
	n.printf(" epref.epref=(%d,%d)", flag, r.Value)
}

func (n *notator) octets(name string, b []byte) {
	n.printf(" %s.len=%d %s.info=(", name, len(b), name)
	for i, o := range b {
		if i > 0 {
			n.printf(" ")
		}
		n.printf("0x%02x", o)
	}
	n.printf(")")
}

// pair writes two optional numbers.
func pair[T uint8 | uint16 | uint32](a, b ie.Opt[T]) string {
	return "(" + number(a) + "," + number(b) + ")"
}

func number[T uint8 | uint16 | uint32](o ie.Opt[T]) string {
	if !o.Present {
		return ""
	}
	return fmt.Sprint(o.Value)
}

func origin(o ie.QoSOrigin) string { return [...]string{"user", "net"}[o] }

func (n *notator) td(name string, t *ie.TD) {
	for _, d := range []struct {
		dir string
		r   ie.Rates
	}{{"fwd", t.Fwd}, {"bwd", t.Bwd}} {
		var s []string
		for _, o := range []ie.Opt[uint32]{d.r.PCR0, d.r.PCR01, d.r.SCR0, d.r.SCR01, d.r.MBS0, d.r.MBS01, d.r.MCR01} {
			s = append(s, number(o))
		}
		n.printf(" %s.%s=(%s)", name, d.dir, strings.Join(s, ","))
	}
	if t.BestEffort {
		n.printf(" %s.best_effort", name)
	}
	if t.Options {
		n.printf(" %s.tag=%s %s.disc=%s", name, dirs(t.Fwd.Tagging, t.Bwd.Tagging), name, dirs(t.Fwd.Discard, t.Bwd.Discard))
	}
}

func dirs(fwd, bwd bool) string {
	s := []string{"", ""}
	if fwd {
		s[0] = "fwd"
	}
	if bwd {
		s[1] = "bwd"
	}
	return "(" + strings.Join(s, ",") + ")"
}

func (n *notator) number(name string, a ie.Number) {
	if s, ok := a.AESA(); ok {
		n.printf(" %s.addr=(unknown,ATME,%x)", name, s)
	} else {
		n.printf(" %s.addr=(international,E164,%q)", name, a.Digits())
	}
}

func (n *notator) party(name string, p *ie.PartyNumber) {
	n.number(name, p.Number)
	if i := p.Indicators; i.Present {
		n.printf(" %s.screening=%s %s.presentation=%s", name, [...]string{"no", "passed", "failed", "network"}[i.Value.Screening],
			name, [...]string{"allowed", "restricted", "no-number"}[i.Value.Presentation])
	}
}

func (n *notator) subaddress(name string, s ie.Subaddress) {
	n.printf(" %s.addr=(%s,%x)", name, [...]string{"NSAP", "ATME", "USER"}[s.Type], s.Octets[:s.Len])
}

func (n *notator) connID(c *ie.ConnID) {
	mode := "non-associated"
	if c.VPAssociated {
		mode = "associated"
	}
	vci := fmt.Sprint(c.VCI)
	switch c.Exclusive {
	case ie.AnyVCI:
		vci = "any"
	case ie.NoVCI:
		vci = "no"
	case ie.ExclusiveVCI:
	}
	n.printf(" connid.mode=%s connid.connid=(%d,%s)", mode, c.VPCI, vci)
}
