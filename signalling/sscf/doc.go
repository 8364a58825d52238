// Package sscf is the Service Specific Coordination Function at the UNI, ITU-T Q.2130 (07/94), with
// the SSCOP connection (package sscop) on which it stands: together they are the SAAL of VPI 0,
// VCI 5. It is neither AAL5 below nor Q.2931 above, and keeps no clock.
//
//	        Q.2931 call control
//	  AAL-ESTABLISH, -RELEASE, -DATA, -UNITDATA     effects EstablishInd ... UnitDataInd
//	+--------------------------------------+
//	| SSCF     5 states, STATES.md         |
//	|   AA-ESTABLISH, -RELEASE, -RESYNC... |------ MAA-ERROR, MAA-UNITDATA: layer management
//	| SSCOP   10 states, sscop/STATES.md   |
//	+--------------------------------------+
//	        one PDU, one CPCS-SDU                   effect SendPDU, method Receive
//	        AAL5 on VPI 0, VCI 5
//
// SSCF asks for connections whose buffers end with them (BR is "yes"), accepts every connection that
// the peer begins, and turns resynchronization and recovery into AAL-ESTABLISH. The table of
// STATES.md is the one that runs. The signals that SSCOP cannot give in a state are Impossible there
// and counted, never acted upon.
//
// Concurrency: an Entity belongs to one goroutine at a time.
//
// Example: what an owner does with the effects of any call.
//
//	for _, eff := range entity.Receive(pdu) {
//		switch eff.Kind {
//		case sscf.SendPDU:
//			link.Send(eff.PDU)
//		case sscf.StartTimer:
//			clock.Start(eff.Timer, eff.After, eff.Gen) // later: entity.Expire(eff.Timer, eff.Gen)
//		case sscf.StopTimer:
//			clock.Stop(eff.Timer)
//		case sscf.DataInd:
//			callControl.Message(eff.SDU)
//		case sscf.EstablishInd, sscf.EstablishConf:
//			callControl.SAALUp()
//		case sscf.ReleaseInd, sscf.ReleaseConf:
//			callControl.SAALDown(eff.Source)
//		case sscf.UnitDataInd, sscf.MgmtDataInd, sscf.MAAError, sscf.Refused:
//			count(eff)
//		}
//	}
package sscf
