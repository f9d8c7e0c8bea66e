"""The licensing portals by their codes, as `portal` fields and conversations name them."""

from enum import StrEnum


class Portal(StrEnum):
    """Where licensing work happens."""

    CLC = "clc"
    CSSM = "cssm"
    SSM_ONPREM = "ssm_onprem"
    SCM = "scm"
    LRP = "lrp"
    CCW = "ccw"
    MCE = "mce"
    EAWS = "eaws"
    CSC = "csc"
    PNP = "pnp"
    PSS = "pss"


PORTAL_NAMES = {
    Portal.CLC: "License Central (CLC)",
    Portal.CSSM: "Smart Software Manager (CSSM)",
    Portal.SSM_ONPREM: "SSM On-Prem",
    Portal.SCM: "Support Case Manager (SCM)",
    Portal.LRP: "License Registration Portal (LRP)",
    Portal.CCW: "Commerce Workspace (CCW)",
    Portal.MCE: "My Entitlements (MCE)",
    Portal.EAWS: "EA Workspace (EAWS)",
    Portal.CSC: "Software Central (CSC)",
    Portal.PNP: "Plug and Play Connect (PnP)",
    Portal.PSS: "Partner Self-Service (PSS)",
}
