package msg

import "callmanager/signalling/q2931/ie"

// need says when a message must carry an element.
type need uint8

const (
	optional      need = iota
	mandatory          // always
	firstConnID        // first response to a SETUP without a connection identifier
	setupConnID        // SETUP from the network side
	setupQoS           // SETUP without extended QoS parameters
	multipoint         // SETUP whose bearer capability is point-to-multipoint
	answersRef         // the SETUP carried an endpoint reference
	enquiredRef        // the STATUS ENQUIRY carried an endpoint reference
	withRef            // the message carries an endpoint reference
	firstClearing      // no RELEASE came before
	someChannels       // restart class: indicated channel or path
)

// slot is what a message may carry of one element.
type slot struct {
	id       ie.ID
	need     need
	copies   uint8 // at most
	profiles profileSet
}

// row is the table row of a message. The slots stand in the order in which they are written.
type row struct {
	typ      Type
	name     string
	profiles profileSet
	policy   policy // of the decision on it
	slots    []slot
	at       [256]uint8 // identifier to 1 + index of its slot
}

// opt, times, must and when make slots. old ones are of UNI 3.0 and 3.1 too.
func opt(id ie.ID) slot            { return slot{id, optional, 1, since40} }
func times(n uint8, id ie.ID) slot { return slot{id, optional, n, since40} }
func must(id ie.ID) slot           { return slot{id, mandatory, 1, since40} }
func when(n need, id ie.ID) slot   { return slot{id, n, 1, since40} }
func old(s slot) slot              { s.profiles = since31; return s }
func itu(ids ...ie.ID) (slots []slot) {
	for _, id := range ids {
		slots = append(slots, slot{id, optional, 2, onlyITU})
	}
	return slots
}

// find returns the slot of an element under a profile, or nil.
func (r *row) find(id ie.ID, p Profile) *slot {
	if i := r.at[id]; i != 0 && r.slots[i-1].profiles.has(p) {
		return &r.slots[i-1]
	}
	return nil
}

// table lists what each message carries (Q.2931 3.1, Q.2971, Q.2963.1, UNI 4.0). The order
// of the slots is the order in which Append writes.
var table = [...]row{
	{typ: Setup, name: "SETUP", profiles: since31, policy: refusable, slots: append([]slot{
		old(opt(ie.IDAAL)), old(must(ie.IDTD)), old(must(ie.IDBearer)), old(opt(ie.IDBHLI)),
		old(opt(ie.IDRepeat)), old(times(3, ie.IDBLLI)), old(must(ie.IDCalledNumber)),
		old(times(2, ie.IDCalledSub)), old(opt(ie.IDCallingNumber)), old(times(2, ie.IDCallingSub)),
		old(when(setupConnID, ie.IDConnID)), old(when(setupQoS, ie.IDQoS)), opt(ie.IDTransitDelay),
		opt(ie.IDNotification), old(opt(ie.IDSendingComplete)), old(times(4, ie.IDTNS)),
		old(when(multipoint, ie.IDEndpointRef)), opt(ie.IDAltTD), opt(ie.IDMinTD),
		opt(ie.IDUserUser), times(3, ie.IDGIT), opt(ie.IDLIJCallID), opt(ie.IDLIJParameters),
		opt(ie.IDLeafSequence), opt(ie.IDExtQoS), opt(ie.IDABRSetup), opt(ie.IDABRAdditional),
		opt(ie.IDConnectionScope), opt(ie.IDReportType), opt(ie.IDMinDesiredCellRate),
		opt(ie.IDOAMTD),
	}, itu(ie.IDProgress, ie.IDNarrowbandBearer, ie.IDNarrowbandHLC, ie.IDNarrowbandLLC, ie.IDFacility)...)},
	{typ: CallProceeding, name: "CALL PROCEEDING", profiles: since31, slots: append([]slot{
		old(when(firstConnID, ie.IDConnID)), old(when(answersRef, ie.IDEndpointRef)),
		opt(ie.IDNotification),
	}, itu(ie.IDProgress, ie.IDNarrowbandBearer, ie.IDNarrowbandHLC, ie.IDFacility)...)},
	{typ: Alerting, name: "ALERTING", profiles: since40, slots: append([]slot{
		when(firstConnID, ie.IDConnID), when(answersRef, ie.IDEndpointRef),
		opt(ie.IDNotification), times(3, ie.IDGIT), opt(ie.IDUserUser), opt(ie.IDReportType),
	}, itu(ie.IDProgress, ie.IDNarrowbandBearer, ie.IDNarrowbandHLC, ie.IDFacility)...)},
	// UNI 4.0 sends no PROGRESS, but an interworking network may (Q.2931 6).
	{typ: Progress, name: "PROGRESS", profiles: since40, slots: append([]slot{
		{ie.IDProgress, mandatory, 2, since40}, opt(ie.IDNotification), opt(ie.IDUserUser),
	}, itu(ie.IDNarrowbandBearer, ie.IDNarrowbandHLC, ie.IDFacility)...)},
	{typ: SetupAck, name: "SETUP ACKNOWLEDGE", profiles: onlyITU, slots: append([]slot{
		when(firstConnID, ie.IDConnID), opt(ie.IDNotification),
	}, itu(ie.IDProgress)...)},
	{typ: Information, name: "INFORMATION", profiles: onlyITU, slots: []slot{
		opt(ie.IDCalledNumber), opt(ie.IDSendingComplete),
	}},
	{typ: Connect, name: "CONNECT", profiles: since31, slots: append([]slot{
		old(opt(ie.IDAAL)), old(opt(ie.IDBLLI)), old(when(firstConnID, ie.IDConnID)),
		old(when(answersRef, ie.IDEndpointRef)), opt(ie.IDNotification), opt(ie.IDConnectedNumber),
		opt(ie.IDConnectedSub), opt(ie.IDTransitDelay), times(3, ie.IDGIT), opt(ie.IDUserUser),
		opt(ie.IDTD), opt(ie.IDExtQoS), opt(ie.IDABRSetup), opt(ie.IDABRAdditional),
		opt(ie.IDReportType),
	}, itu(ie.IDProgress, ie.IDNarrowbandBearer, ie.IDNarrowbandHLC, ie.IDNarrowbandLLC, ie.IDFacility)...)},
	{typ: ConnectAck, name: "CONNECT ACKNOWLEDGE", profiles: since31, slots: []slot{
		opt(ie.IDNotification),
	}},
	{typ: Release, name: "RELEASE", profiles: since31, policy: clearing, slots: append([]slot{
		old(slot{ie.IDCause, mandatory, 2, since31}), opt(ie.IDNotification), times(3, ie.IDGIT),
		opt(ie.IDUserUser),
	}, itu(ie.IDProgress, ie.IDFacility)...)},
	{typ: ReleaseComplete, name: "RELEASE COMPLETE", profiles: since31, policy: clearingUp, slots: append([]slot{
		{ie.IDCause, firstClearing, 2, since31}, times(3, ie.IDGIT), opt(ie.IDUserUser),
	}, itu(ie.IDFacility)...)},
	{typ: Status, name: "STATUS", profiles: since31, slots: []slot{
		old(must(ie.IDCallState)), old(must(ie.IDCause)), old(when(enquiredRef, ie.IDEndpointRef)),
		old(when(withRef, ie.IDEndpointState)),
	}},
	{typ: StatusEnquiry, name: "STATUS ENQUIRY", profiles: since31, slots: []slot{
		old(opt(ie.IDEndpointRef)),
	}},
	{typ: Notify, name: "NOTIFY", profiles: since40, slots: []slot{
		must(ie.IDNotification), opt(ie.IDEndpointRef),
	}},
	{typ: Facility, name: "FACILITY", profiles: onlyITU, slots: []slot{
		{ie.IDFacility, mandatory, 2, onlyITU}, opt(ie.IDNotification), opt(ie.IDEndpointRef),
	}},
	{typ: CoBiSetup, name: "CO-BI SETUP", profiles: onlyITU, policy: refusable, slots: append([]slot{
		must(ie.IDCalledNumber), times(2, ie.IDCalledSub), opt(ie.IDCallingNumber),
		times(2, ie.IDCallingSub), opt(ie.IDSendingComplete), times(4, ie.IDTNS),
		opt(ie.IDUserUser),
	}, itu(ie.IDFacility)...)},
	{typ: Restart, name: "RESTART", profiles: since31, slots: []slot{
		old(when(someChannels, ie.IDConnID)), old(must(ie.IDRestart)),
	}},
	{typ: RestartAck, name: "RESTART ACKNOWLEDGE", profiles: since31, slots: []slot{
		old(when(someChannels, ie.IDConnID)), old(must(ie.IDRestart)),
	}},
	{typ: AddParty, name: "ADD PARTY", profiles: since31, policy: addParty, slots: []slot{
		old(opt(ie.IDAAL)), old(opt(ie.IDBHLI)), old(opt(ie.IDBLLI)), old(must(ie.IDCalledNumber)),
		old(times(2, ie.IDCalledSub)), old(opt(ie.IDCallingNumber)), old(times(2, ie.IDCallingSub)),
		old(opt(ie.IDSendingComplete)), old(times(4, ie.IDTNS)), old(must(ie.IDEndpointRef)),
		opt(ie.IDNotification), opt(ie.IDTransitDelay), opt(ie.IDUserUser), times(3, ie.IDGIT),
		opt(ie.IDLeafSequence),
	}},
	{typ: AddPartyAck, name: "ADD PARTY ACKNOWLEDGE", profiles: since31, slots: []slot{
		old(must(ie.IDEndpointRef)), old(opt(ie.IDAAL)), old(opt(ie.IDBLLI)), opt(ie.IDNotification),
		opt(ie.IDTransitDelay), opt(ie.IDConnectedNumber), opt(ie.IDConnectedSub),
		opt(ie.IDUserUser), times(3, ie.IDGIT),
	}},
	{typ: AddPartyReject, name: "ADD PARTY REJECT", profiles: since31, policy: partyGone, slots: []slot{
		old(must(ie.IDCause)), old(must(ie.IDEndpointRef)), opt(ie.IDUserUser), times(3, ie.IDGIT),
	}},
	{typ: DropParty, name: "DROP PARTY", profiles: since31, policy: partyGone, slots: []slot{
		old(must(ie.IDCause)), old(must(ie.IDEndpointRef)), opt(ie.IDNotification),
		opt(ie.IDUserUser), times(3, ie.IDGIT),
	}},
	{typ: DropPartyAck, name: "DROP PARTY ACKNOWLEDGE", profiles: since31, policy: partyGone, slots: []slot{
		old(must(ie.IDEndpointRef)), old(opt(ie.IDCause)), opt(ie.IDUserUser), times(3, ie.IDGIT),
	}},
	{typ: PartyAlerting, name: "PARTY ALERTING", profiles: since40, slots: []slot{
		must(ie.IDEndpointRef), opt(ie.IDNotification), opt(ie.IDUserUser), times(3, ie.IDGIT),
	}},
	{typ: ModifyRequest, name: "MODIFY REQUEST", profiles: since40, slots: []slot{
		must(ie.IDTD), opt(ie.IDAltTD), opt(ie.IDMinTD), opt(ie.IDNotification), times(3, ie.IDGIT),
	}},
	{typ: ModifyAck, name: "MODIFY ACKNOWLEDGE", profiles: since40, slots: []slot{
		opt(ie.IDReportType), opt(ie.IDTD), opt(ie.IDNotification), times(3, ie.IDGIT),
	}},
	{typ: ModifyReject, name: "MODIFY REJECT", profiles: since40, slots: []slot{
		must(ie.IDCause), opt(ie.IDNotification), times(3, ie.IDGIT),
	}},
	{typ: ConnectionAvailable, name: "CONNECTION AVAILABLE", profiles: since40, slots: []slot{
		opt(ie.IDNotification), times(3, ie.IDGIT), opt(ie.IDReportType),
	}},
	{typ: LeafSetupFailure, name: "LEAF SETUP FAILURE", profiles: since40, slots: []slot{
		must(ie.IDCause), opt(ie.IDCalledNumber), opt(ie.IDCalledSub), must(ie.IDLeafSequence),
		times(4, ie.IDTNS),
	}},
	{typ: LeafSetupRequest, name: "LEAF SETUP REQUEST", profiles: since40, slots: []slot{
		times(4, ie.IDTNS), must(ie.IDCallingNumber), times(2, ie.IDCallingSub),
		must(ie.IDCalledNumber), times(2, ie.IDCalledSub), must(ie.IDLIJCallID),
		must(ie.IDLeafSequence),
	}},
}
