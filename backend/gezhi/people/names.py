"""What roles are called (domain section 2)."""

from __future__ import annotations

from gezhi.http.language import pick

ROLE_NAMES: dict[str, tuple[str, str]] = {
    "grid_worker": ("网格员", "Grid worker"),
    "grid_leader": ("网格长", "Grid leader"),
    "instructor": ("指导员", "Instructor"),
    "mediator": ("调解员", "Mediator"),
    "assistant": ("网格助理员", "Assistant"),
    "volunteer": ("志愿者", "Volunteer"),
    "responder": ("民声服务队员", "Responder"),
    "handler": ("部门经办", "Handler"),
    "dispatcher": ("受理派单员", "Dispatcher"),
    "duty_leader": ("值班长", "Duty leader"),
    "leader": ("领导", "Leader"),
    "expert": ("专家", "Expert"),
    "admin": ("系统管理员", "Administrator"),
    "security_admin": ("安全管理员", "Security administrator"),
    "auditor": ("审计员", "Auditor"),
    "system": ("系统", "System"),
}


def role_name(role: str) -> str:
    """The role in the reader's language."""
    return pick(*ROLE_NAMES[role])
