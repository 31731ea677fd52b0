"""Pasted texts that contain credentials: output of curl, JSON, headers, shell variables, tables."""

from hypothesis import strategies as st

from tests.support.building import dashed
from zjobtui.models.job import JobId

_JOB, _TOKEN = "622638b100b62fb49212a73044c4ac46", "6d151216ef504f65b8ff6e9e9e8356d3"
_CLIENT = "5a1b0000-1111-4222-8333-944455566677"

TOKEN_TEXTS = {
    "curl -v": f'> Authorization: Bearer {_TOKEN}\n< zuora-request-id: {_CLIENT}\n{{"jobId":"{_JOB}","success":true}}',
    "token reply": f'-d client_id={_CLIENT} -d x\n{{"access_token":"{_TOKEN}","jti":"{_TOKEN}"}}\n"jobId":"{_JOB}"',
    "json in json": f'"{{\\"access_token\\":\\"{_TOKEN}\\"}}" job {_JOB}',
    "csv in json": f'"{{""access_token"":""{_TOKEN}""}}" job {_JOB}',
    "curl -u": f"curl -u {_CLIENT}:{_TOKEN} https://rest.test/v1/async-jobs/{_JOB}",
    "user in url": f"https://{_CLIENT}:{_TOKEN}@rest.test/ {_JOB}",
    "xml": f"<access_token>{_TOKEN}</access_token><jobId>{_JOB}</jobId>",
    "pairs": f"[('access_token', '{_TOKEN}')] {_JOB}",
    "repr": f"{{'Authorization': 'Bearer {_TOKEN}'}} {_JOB}",
    "bytes": f"{{b'Authorization': b'Bearer {_TOKEN}', b'client_id': b'{_CLIENT}'}} {_JOB}",
    "secret str": f"access_token=SecretStr('{_TOKEN}') {_JOB}",
    "yaml": f"oauth:\n  access_token:\n    {_TOKEN}\njob: {_JOB}",
    "cookie": f"Set-Cookie: ZSession={_TOKEN}; Path=/; Secure\n{_JOB}",
    "env": f"export ZUORA_BEARER_TOKEN={_TOKEN} ZUORA_CLIENT_ID='{_CLIENT}'\n{_JOB}",
    "colours": f"access_token\x1b[0m=\x1b[1;31m{_TOKEN[:5]}\x1b[0m{_TOKEN[5:]} {_JOB}",
    "url": f"q=%7B%22access_token%22%3A%22{_TOKEN}%22%7D&job={_JOB}",
}
"""Only the job 622638b1… may be added from each text."""

_NAMES = st.sampled_from(
    [
        *(
            "Bearer",
            "Basic",
            "Authorization",
            "Proxy-Authorization",
            "access_token",
            "refresh_token",
            "id_token",
            "jti",
        ),
        *("client_id", "client_secret", "accessToken", "clientId", "client-id", "CLIENT_SECRET", "ZUORA_CLIENT_SECRET"),
        *("ZUORA_BEARER_TOKEN", "apiAccessKeyId", "apiSecretAccessKey", "token", "secret", "password", "Cookie"),
    ]
)
_SEPARATORS = st.sampled_from(
    [
        *(": ", "=", ":", " = ", " => ", ":\n  ", "%3A", "%3D", "%253D", "%3D%22", "&quot;:&quot;", '": "', "': '"),
        *('\\":\\"', '""":""', "=3D", "\t=\t", "=\x1b[36m", ": Bearer ", "=Bearer%20", ">", '=["', "\\u0022:\\u0022"),
    ]
)
_HEX = st.text("0123456789abcdef", min_size=32, max_size=32)


@st.composite
def credential_texts(draw: st.DrawFn) -> tuple[str, str, list[str]]:
    """Draw a text, the credential in it, and the job ids before and after it."""
    secret, *ids = draw(st.lists(_HEX, min_size=3, max_size=4, unique=True))
    separator = draw(_SEPARATORS)
    written = draw(st.sampled_from([secret, secret.upper(), dashed(JobId(secret))]))
    quote = next((end for end in ("&quot;", '\\"', '"', "'", "\\u0022", "%22") if separator.endswith(end)), "")
    name = draw(_NAMES)
    assigned = f"{quote}{name}{separator}{written}{quote}"
    again = draw(st.sampled_from(["", f" {secret}", f" jobId: {secret.upper()}"]))
    before, *after = (f"job {one}" for one in ids)
    glue = draw(st.sampled_from([" ", "\n", "} ", "\r\n> "]))
    return f"{before}{glue}{{{assigned}}}{again}{glue}{glue.join(after)}.", secret, ids
