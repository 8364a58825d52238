// Package primitive holds what the client model (package cm) and the signalling
// entity of a link (package uni) say to each other: the primitives between the user
// and call and party control, as the SDL of Q.2931 and Q.2971 has them.
//
//	     client model                         client model
//	Request |    ^ Indication            Request |    ^ Indication
//	        v    |                               v    |
//	     link (user side)  <-- messages -->   link (network side)
//
// What one end asks for goes over the link in a message and comes out at the other
// end. The last column is what completes the request at the end that made it.
//
//	request          message                  indication there     completed by
//	SetupReq         SETUP                    SetupInd             ConnectInd or ReleaseConf
//	AlertReq         ALERTING                 ProceedingInd
//	AcceptReq        CONNECT                  ConnectInd           CompleteInd
//	RejectReq        RELEASE COMPLETE         ReleaseConf          ReleaseConf
//	ReleaseReq       RELEASE                  ReleaseInd           ReleaseConf
//	ModifyReq        MODIFY REQUEST           ModifyInd            ModifyConf
//	NotifyReq        NOTIFY                   NotifyInd
//	AddPartyReq      ADD PARTY                AddPartyInd          AddPartyConf or DropPartyConf
//	AcceptPartyReq   ADD PARTY ACKNOWLEDGE    AddPartyConf         CompleteInd
//	RejectPartyReq   ADD PARTY REJECT         DropPartyConf        DropPartyConf
//	DropPartyReq     DROP PARTY               DropPartyInd         DropPartyConf
//	AddPVCReq        none                                          PVCInd or PVCGoneInd
//	DeletePVCReq     none                                          PVCGoneInd
//	OpenPVCReq       none                                          ConnectInd, CompleteInd or ReleaseConf
//
// ProceedingInd, PartyProceedingInd and ProgressInd also come of what the peer's
// link or the network beyond sends by itself: CALL PROCEEDING, PARTY ALERTING and
// PROGRESS. When the call ends first, a ReleaseInd stands in place of CompleteInd
// and ModifyConf, or for an added party a DropPartyInd in place of CompleteInd; the
// other completions come in any case.
package primitive
