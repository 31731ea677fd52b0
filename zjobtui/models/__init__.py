"""Values and rules: no IO, no clock, no asyncio, nothing imported from outside the standard library."""
