package uni

import (
	"bytes"

	"callmanager/signalling/q2931"
	"callmanager/signalling/sscf"
	"callmanager/signalling/sscop"
	"callmanager/vc"
)

// sdTrailer is what SSCOP adds to a message of its longest: the trailer of an
// SD PDU (Q.2110 7.2). The pad is not needed at the longest.
const sdTrailer = 4

// Status tells what the data plane knows of the link's port.
func (l *Link) Status(s vc.LinkStatus) []Effect {
	l.begin()
	l.port, l.told = s, true
	total := l.cfg.Capacity
	if total == 0 {
		total = s.Speed
	}
	if total != 0 || l.capacity.Total() == 0 {
		l.capacity.SetTotal(total)
	}
	l.capacity.SetFraming(s.Framing)
	l.pvcs.Status(s)
	l.decideRole()
	l.portChanged()
	return l.end()
}

// decideRole decides the side. It changes only while there are no calls.
func (l *Link) decideRole() {
	role := l.cfg.Role
	if none := (vc.MAC{}); role == RoleAuto && l.cfg.Peer != none && l.port.MAC != none {
		switch bytes.Compare(l.port.MAC[:], l.cfg.Peer[:]) {
		case -1:
			role = RoleNetwork
		case 1:
			role = RoleUser
		}
	}
	if role == RoleAuto || role == l.role || len(l.calls) > 0 {
		return
	}
	l.role = role
	l.side = q2931.User
	if role == RoleNetwork {
		l.side = q2931.Network
	}
	for _, name := range []TimerName{T316, T317, TimerRestart} {
		l.stopTimer(TimerID{Name: name})
	}
	l.repeatRestart()
	l.start = q2931.NewStart(l.side, l.cfg.Timers)
	l.respond = q2931.NewRespond(l.side, l.cfg.Timers)
	if l.coord == saalUp {
		l.resume()
	}
}

// portChanged starts or stops the attempts to establish the SAAL.
func (l *Link) portChanged() {
	if l.stopping {
		return
	}
	if l.wanted() {
		l.makeSAAL()
		l.coordinate(lnkWanted)
	} else {
		l.coordinate(lnkUnwanted)
	}
}

// wanted reports whether the SAAL should be up.
func (l *Link) wanted() bool { return l.started && !l.stopping && l.port.Up && l.role != RoleAuto }

// makeSAAL makes the SAAL for the port's largest SDU. One that is in use
// stays as it is.
func (l *Link) makeSAAL() {
	cfg := l.cfg.SSCOP
	if cfg.K == 0 {
		cfg.K = sscop.Defaults().K
	}
	if l.port.MaxSDU > sdTrailer {
		cfg.K = min(cfg.K, int(l.port.MaxSDU)-sdTrailer)
	}
	if l.saal != nil && (l.sscopK == cfg.K || l.saal.State() != sscf.Released || l.saal.SSCOPState() != sscop.Idle) {
		return
	}
	if l.saal != nil {
		cfg.InitialSQ = l.saal.VTSQ()
	}
	l.sscopK = cfg.K
	l.saal = sscf.New(cfg)
}

// condition returns the state of the link and what is wrong with it.
func (l *Link) condition() (LinkState, string) {
	switch {
	case l.stopped:
		return LinkDown, ""
	case l.role == RoleAuto && l.cfg.Peer == (vc.MAC{}):
		return LinkDown, "no role: a link without MACs needs role = \"user\" or \"network\""
	case l.role == RoleAuto && l.cfg.Peer == l.port.MAC:
		return LinkDown, "no role: the peer's MAC is this port's own"
	case !l.told:
		return LinkDown, "" // nothing is wrong yet
	case !l.port.Up && l.port.Reason == "":
		return LinkDown, "the port is down"
	case !l.port.Up:
		return LinkDown, l.port.Reason
	case l.role == RoleAuto:
		return LinkDown, "no role: the port has no MAC"
	case !l.started:
		return LinkDown, ""
	case l.coord != saalUp:
		return LinkEstablishing, firstOf(l.errSAAL, l.port.Reason)
	case !l.restarted:
		return LinkEstablishing, firstOf(l.errPeer, l.port.Reason)
	}
	text := firstOf(l.errPeer, l.errRestart, l.port.Reason)
	if text == "" && l.capacity.Total() == 0 {
		text = "the capacity is unknown: set it in the configuration; until then only best-effort calls are taken"
	}
	return LinkUp, text
}

// firstOf returns the first text that is not empty.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
