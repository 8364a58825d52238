package sscop

// establishRequest is AA-ESTABLISH.request in Idle and Outgoing Disconnection Pending.
func (c *Conn) establishRequest(in *PDU) State {
	c.uu = append(c.uu[:0], in.Data...)
	c.advanceSQ()
	c.openWindow()
	c.guard(c.sendBGN)
	return OutgoingConnectionPending
}

// establishResponse is AA-ESTABLISH.response in Incoming Connection Pending.
func (c *Conn) establishResponse(in *PDU) State {
	c.uuAck = append(c.uuAck[:0], in.Data...)
	c.openWindow()
	c.sendBGAK()
	return c.ready()
}

// ccConnecting is Timer_CC in Outgoing Connection Pending.
func (c *Conn) ccConnecting(*PDU) State {
	if !c.again(c.sendBGN) {
		return c.giveUp()
	}
	return OutgoingConnectionPending
}

// bgnIdle accepts every BGN in Idle, repeats too: a peer that restarted with the number of its
// former life would be rejected for ever otherwise (ATM Forum 97-0216).
func (c *Conn) bgnIdle(in *PDU) State {
	c.noteSQ(in)
	return c.offer(in)
}

// bgnConnecting is a BGN in Outgoing Connection Pending: both ends begin at once.
func (c *Conn) bgnConnecting(in *PDU) State {
	if c.repeat(in) {
		return OutgoingConnectionPending
	}
	c.vtMS = in.NMR
	c.uuAck = c.uuAck[:0]
	c.openWindow()
	c.sendBGAK()
	c.emit(Effect{Kind: EstablishConf, UU: in.Data})
	return c.ready()
}

// bgnOffered is a BGN in Incoming Connection Pending.
func (c *Conn) bgnOffered(in *PDU) State {
	if c.repeat(in) {
		return IncomingConnectionPending
	}
	return c.offerAnew(in)
}

// bgnDisconnecting is a BGN in Outgoing Disconnection Pending.
func (c *Conn) bgnDisconnecting(in *PDU) State {
	if c.repeat(in) {
		c.sendBGAK()
		c.sendEND()
		return OutgoingDisconnectionPending
	}
	c.emit(Effect{Kind: ReleaseConf})
	return c.offer(in)
}

// bgnResyncing is a BGN in Outgoing Resynchronization Pending.
func (c *Conn) bgnResyncing(in *PDU) State {
	if c.repeat(in) {
		c.sendBGAK()
		c.sendRS()
		return OutgoingResyncPending
	}
	return c.offerAnew(in)
}

// bgnRecovering is a BGN in the states 6 to 9, where a repeat is an error.
func (c *Conn) bgnRecovering(in *PDU) State {
	if c.repeat(in) {
		c.report(ErrBGN, 0)
		return c.state
	}
	return c.offerAnew(in)
}

// bgnReady is a BGN in Data Transfer Ready: the BGAK was lost, or the peer begins anew.
func (c *Conn) bgnReady(in *PDU) State {
	if c.repeat(in) {
		c.restartNoResponse()
		c.sendBGAK()
		return DataTransferReady
	}
	return c.offerAnew(in)
}

// bgakConnecting is the BGAK awaited in Outgoing Connection Pending.
func (c *Conn) bgakConnecting(in *PDU) State {
	c.vtMS = in.NMR
	c.uuAck = c.uuAck[:0]
	c.emit(Effect{Kind: EstablishConf, UU: in.Data})
	return c.ready()
}

// bgrejConnecting is a BGREJ in Outgoing Connection Pending.
func (c *Conn) bgrejConnecting(in *PDU) State {
	c.emit(Effect{Kind: ReleaseInd, UU: in.Data, Source: SourceUser})
	return Idle
}

// offer indicates the connection of a BGN to the user.
func (c *Conn) offer(in *PDU) State {
	c.vtMS = in.NMR
	c.emit(Effect{Kind: EstablishInd, UU: in.Data})
	return IncomingConnectionPending
}

// offerAnew ends the present connection because the peer begins a new one.
func (c *Conn) offerAnew(in *PDU) State {
	c.emit(Effect{Kind: ReleaseInd, Source: SourceUser})
	return c.offer(in)
}

// repeat is the retransmission test of a BGN, RS or ER (clause 7.4.2): it reports whether the PDU
// repeats the last one received, and notes its number if not. Before any was received none can be a
// repeat, whatever its number.
func (c *Conn) repeat(in *PDU) bool {
	if c.vrSQKnown && in.NSQ == c.vrSQ {
		return true
	}
	c.noteSQ(in)
	return false
}

// noteSQ sets VR(SQ).
func (c *Conn) noteSQ(in *PDU) {
	c.vrSQ, c.vrSQKnown = in.NSQ, true
}

// advanceSQ increments VT(SQ) for a new BGN, RS or ER. It skips 0, the initial VR(SQ) of a peer that
// has just started, which might take it for a repeat.
func (c *Conn) advanceSQ() {
	c.vtSQ++
	if c.vtSQ == 0 {
		c.vtSQ = 1
	}
}

// guard sends the PDU of a new procedure for the first time and starts Timer_CC.
func (c *Conn) guard(send func()) {
	c.vtCC = 1
	send()
	c.start(TimerCC)
}

// again repeats the PDU under way after Timer_CC. It reports false, and MAA-ERROR O, once MaxCC
// transmissions have been made.
func (c *Conn) again(send func()) bool {
	if c.vtCC >= c.cfg.MaxCC {
		c.report(ErrMaxCC, 0)
		return false
	}
	c.vtCC++
	send()
	c.start(TimerCC)
	return true
}

// ready initialises the state variables and enters the active phase of Data Transfer Ready
// (clause 7.4, macro Initialize state variables). VT(MS), VR(MR) and the numbers VT(SQ), VR(SQ) are
// set before.
func (c *Conn) ready() State {
	c.vtS, c.vtPS, c.vtA, c.vtPA, c.vtPD = Seq{}, Seq{}, Seq{}, NewSeq(1), 0
	c.vrR, c.vrH = Seq{}, Seq{}
	c.credit = true
	c.start(TimerPoll)
	c.start(TimerNoResponse)
	return DataTransferReady
}

func (c *Conn) sendBGN() {
	c.transmit(&PDU{Type: BGN, NSQ: c.vtSQ, NMR: c.vrMR, Data: c.uu})
}

func (c *Conn) sendBGAK() {
	c.transmit(&PDU{Type: BGAK, NMR: c.vrMR, Data: c.uuAck})
}
