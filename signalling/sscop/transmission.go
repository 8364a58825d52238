package sscop

// dataRequest is AA-DATA.request in Data Transfer Ready.
func (c *Conn) dataRequest(in *PDU) State {
	if !c.tx.push(c.vtA.Add(c.tx.len()), in.Data) {
		c.refuse(QueueFull)
		return DataTransferReady
	}
	c.send()
	return DataTransferReady
}

// unitDataRequest is AA-UNITDATA.request in any state.
func (c *Conn) unitDataRequest(in *PDU) State {
	c.transmit(&PDU{Type: UD, Data: in.Data})
	return c.state
}

// mgmtDataRequest is MAA-UNITDATA.request in any state.
func (c *Conn) mgmtDataRequest(in *PDU) State {
	c.transmit(&PDU{Type: MD, Data: in.Data})
	return c.state
}

// send sends what may be sent: marked SDs first, then new ones as far as the credit goes. A window
// found shut in the idle phase is asked about at once; otherwise a POLL is under way and its STAT
// comes back here.
func (c *Conn) send() {
	for {
		switch {
		case c.tx.marks > 0:
			c.stats.Retransmitted++
			c.sendSD(c.tx.oldestMarked())
		case c.Queued() == 0:
			return
		case c.vtS.Less(c.vtMS, c.vtA):
			sd := c.tx.at(c.Unacked())
			c.vtS = c.vtS.Add(1)
			c.sendSD(sd)
		case c.running(TimerIdle):
			c.leaveIdle()
			c.sendPOLL()
			c.start(TimerPoll)
			return
		default:
			return
		}
	}
}

// sendSD sends one SD and counts it against MaxPD. The first after a pause starts the active phase.
func (c *Conn) sendSD(sd *txSD) {
	sd.tag = c.vtPS
	c.stats.Out[SD]++
	c.emit(Effect{Kind: SendPDU, PDU: sd.buf})
	c.vtPD++
	if !c.running(TimerPoll) {
		c.leaveIdle()
		c.stop(TimerKeepAlive)
		if c.vtPD < c.cfg.MaxPD {
			c.start(TimerPoll)
			return
		}
	}
	if c.vtPD >= c.cfg.MaxPD {
		c.sendPOLL()
		c.start(TimerPoll)
	}
}

// leaveIdle ends the idle phase if it is on: from now on a STAT is expected.
func (c *Conn) leaveIdle() {
	if c.running(TimerIdle) {
		c.stop(TimerIdle)
		c.start(TimerNoResponse)
	}
}

// pollExpired is Timer_POLL or Timer_KEEP-ALIVE.
func (c *Conn) pollExpired(*PDU) State {
	c.poll()
	return DataTransferReady
}

// idleExpired is Timer_IDLE: the transient phase begins.
func (c *Conn) idleExpired(*PDU) State {
	c.start(TimerNoResponse)
	c.poll()
	return DataTransferReady
}

// noResponse is Timer_NO-RESPONSE: the peer or the path is gone.
func (c *Conn) noResponse(*PDU) State {
	c.report(ErrNoResponse, 0)
	return c.giveUp()
}

// poll sends a POLL. The active phase goes on while there is something to send or to be
// acknowledged, else the transient phase begins.
func (c *Conn) poll() {
	c.sendPOLL()
	if c.tx.len() == 0 {
		c.start(TimerKeepAlive)
	} else {
		c.start(TimerPoll)
	}
}

// sendPOLL sends the next POLL.
func (c *Conn) sendPOLL() {
	c.vtPS = c.vtPS.Add(1)
	c.vtPD = 0
	c.transmit(&PDU{Type: POLL, NPS: c.vtPS, NS: c.vtS})
}

// restartNoResponse gives a peer that repeats a BGN, RS or ER its time again. In the idle phase no
// STAT is awaited and the timer stays off.
func (c *Conn) restartNoResponse() {
	if c.running(TimerNoResponse) {
		c.start(TimerNoResponse)
	}
}
