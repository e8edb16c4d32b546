"""From an agency's file to a proposed contract: where its table is, what each column holds, what is doubtful."""

from ops.authoring.proposal import Proposal, propose

__all__ = ["Proposal", "propose"]
