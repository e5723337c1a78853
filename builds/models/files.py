"""The server's own copy of what was built: content by hash, paths by attempt."""

from django.db import models

from builds.models.build import Build


class Blob(models.Model):
    """One content, stored once."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    """When it was last stored; one that no file has is deleted a day later."""

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def text(self) -> str:
        """Return the content as text."""
        return bytes(self.content).decode()


class BuildFile(models.Model):
    """One path of one attempt."""

    build = models.ForeignKey(Build, on_delete=models.CASCADE, related_name="files")
    attempt = models.PositiveIntegerField()
    path = models.CharField(max_length=200)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=32, blank=True)
    is_test = models.BooleanField(default=False)
    size = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["build", "attempt", "path"]
        constraints = [models.UniqueConstraint(fields=["build", "attempt", "path"], name="build_file_path_unique")]

    def __str__(self) -> str:
        return f"{self.path} (attempt {self.attempt})"
